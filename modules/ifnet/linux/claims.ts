import { readFileSync } from 'node:fs';
import type { Callout, Clock } from '../../../core/index.js';
import {
  AF_UNIX,
  type Credentials,
  type Libc,
  Poller,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SocketAddress,
  SystemError,
} from '../../libc/index.js';
import type { Claimant } from '../index.js';

/** Of processes that ask at the same time who holds a name. */
const BACKLOG = 16;
/** How long they wait where descriptors are short. */
const SHORTAGE_MS = 1000;
const CAP_NET_RAW = 1n << 13n;

/**
 * Names held by this process, each by a socket with that name in the abstract namespace (unix(7)). The kernel keeps such
 * names per network namespace, gives each to one socket, and frees it when the process ends, however it ends. The
 * sockets listen, so that another process can ask the kernel who holds a name.
 */
export class Claims implements Disposable {
  readonly #libc: Libc;
  readonly #held = new Set<number>();
  /** Watches all sockets: one poller for each would take two more descriptors. */
  #watch: { readonly epoll: number; readonly poller: Poller } | undefined;
  readonly #again: Callout;

  constructor(libc: Libc, clock: Clock) {
    this.#libc = libc;
    this.#again = clock.callout('hang up on who asks for a name', () => this.#watch?.poller.pause(false));
  }

  /** Call it within the network namespace. @returns undefined while another socket has the name */
  claim(name: string): Disposable | undefined {
    const { bytes } = new SocketAddress(`@${name}`);
    let fd: number;
    try {
      fd = this.#libc.open(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, (opened) => {
        this.#libc.bind(opened, bytes);
        this.#libc.listen(opened, BACKLOG);
        this.#watched(opened);
      });
    } catch (error) {
      if (error instanceof SystemError && error.code === 'EADDRINUSE') return undefined;
      throw error;
    }
    this.#held.add(fd);
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#release(fd);
        held = false;
      },
    };
  }

  /** Call it within the network namespace. @returns undefined if no process answers for the name */
  claimant(name: string): Claimant | undefined {
    const fd = this.#libc.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    try {
      this.#libc.connect(fd, new SocketAddress(`@${name}`).bytes);
      const peer = this.#libc.credentials(fd);
      return peer && { pid: peer.pid, uid: peer.uid, privileged: isPrivileged(peer) };
    } catch (error) {
      if (error instanceof SystemError) return undefined;
      throw error;
    } finally {
      this.#libc.close(fd);
    }
  }

  [Symbol.dispose](): void {
    for (const fd of this.#held) this.#release(fd);
  }

  #watched(fd: number): void {
    if (this.#watch !== undefined) return this.#libc.watchToo(this.#watch.epoll, fd);
    const epoll = this.#libc.epoll(fd);
    this.#watch = { epoll, poller: Poller.orClose(this.#libc, epoll, () => this.#hangUp()) };
  }

  /**
   * A process that connects has our credentials by then, and wants nothing else. Any user may connect, again and again:
   * the main loop comes between. Where descriptors are short (EMFILE) none can be accepted, and the poller would report them
   * again at once.
   */
  #hangUp(): void {
    try {
      for (const fd of this.#held) this.#acceptSome(fd);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#watch!.poller.pause(true);
      this.#again.reset(SHORTAGE_MS);
    }
  }

  #acceptSome(fd: number): void {
    for (let i = 0; i < BACKLOG; i++) {
      const peer = this.#libc.accept(fd);
      if (peer < 0) return;
      this.#libc.close(peer);
    }
  }

  #release(fd: number): void {
    if (!this.#held.delete(fd)) return;
    this.#libc.close(fd);
    if (this.#held.size > 0 || this.#watch === undefined) return;
    this.#again.stop();
    this.#watch.poller[Symbol.dispose]();
    this.#libc.close(this.#watch.epoll);
    this.#watch = undefined;
  }
}

/** Any user can take a name; root, our own user, and a process with CAP_NET_RAW could also do what it stands for. */
function isPrivileged({ pid, uid }: Credentials): boolean {
  if (uid === 0 || uid === process.geteuid?.()) return true;
  try {
    const effective = /^CapEff:\s*([\da-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return effective !== undefined && (BigInt(`0x${effective}`) & CAP_NET_RAW) !== 0n;
  } catch {
    return false; // gone, or not ours to see
  }
}
