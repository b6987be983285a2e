import { type BigIntStats, chmodSync, chownSync, lstatSync, unlinkSync } from 'node:fs';
import { CarpetError } from '../../../core/index.js';
import { AF_UNIX, type Libc, Poller, SOCK_NONBLOCK, SocketAddress, SystemError } from '../../libc/index.js';

/** One of the two sockets that clients connect to. */
export interface ListenOptions {
  /** A path, or an abstract `@name`. */
  readonly address: string;
  /** SOCK_SEQPACKET or SOCK_STREAM. */
  readonly type: number;
  /** Permissions of the path. */
  readonly mode: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Whether the path stays when the socket is closed, as with FreeBSD's devd. */
  readonly keep: boolean;
}

const BACKLOG = 4; // devd's
/** Why a path cannot be, where the name of the error does not say enough. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist: make it, or choose another path',
  EACCES: 'this user may not write in its folder: choose another path',
  EROFS: 'its folder is read-only: choose another path',
};

/**
 * A listening socket. It replaces a path that a dead process left behind, but neither one that a process listens on nor
 * a file that is not a socket.
 */
export class Listener implements Disposable {
  readonly type: number;
  readonly address: SocketAddress;
  readonly #libc: Libc;
  readonly #keep: boolean;
  readonly #ready: () => void;
  #fd = -1;
  #file: BigIntStats | undefined;
  #poller: Poller | undefined;

  /**
   * Listens, and calls `ready` when a connection waits and listening is not paused.
   * @throws CarpetError naming the socket: EINVAL, EADDRINUSE, EEXIST, EACCES …
   */
  constructor(libc: Libc, options: ListenOptions, ready: () => void) {
    this.#libc = libc;
    this.type = options.type;
    this.address = new SocketAddress(options.address);
    this.#keep = options.keep;
    this.#ready = ready;
    this.#fd = this.#call('open a socket for', () => this.#socket());
    try {
      this.#open(options);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Accepts a connection. @returns its descriptor, or -1 if none waits  @throws SystemError */
  accept(): number {
    return this.#libc.accept(this.#fd);
  }

  /** Whether connections are accepted: false while paused. */
  get listening(): boolean {
    return this.#poller !== undefined;
  }

  /** Stops accepting: connections wait in the kernel, as few as it allows. */
  pause(): void {
    if (this.#poller === undefined) return;
    this.#poller[Symbol.dispose]();
    this.#poller = undefined;
    this.#libc.listen(this.#fd, 0);
  }

  resume(): void {
    if (this.#poller !== undefined) return;
    this.#libc.listen(this.#fd, BACKLOG);
    this.#poller = new Poller(this.#libc, this.#fd, this.#ready);
  }

  [Symbol.dispose](): void {
    this.#poller?.[Symbol.dispose]();
    this.#poller = undefined;
    if (this.#fd >= 0) this.#libc.close(this.#fd);
    this.#fd = -1;
    const { path } = this.address;
    if (path !== undefined && !this.#keep && this.#file !== undefined && isSame(path, this.#file))
      unlinkSync(path);
  }

  #open({ mode, owner }: ListenOptions): void {
    const { path, bytes } = this.address;
    if (path !== undefined) this.#clear(path);
    this.#call('bind', () => this.#libc.bind(this.#fd, bytes));
    if (path !== undefined) this.#adorn(path, mode, owner);
    this.#call('listen on', () => this.resume());
  }

  #adorn(path: string, mode: number, owner: ListenOptions['owner']): void {
    this.#file = lstatSync(path, { bigint: true });
    try {
      if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
      chmodSync(path, mode);
    } catch (cause) {
      const { code = 'EIO' } = cause as NodeJS.ErrnoException;
      throw new CarpetError(code, `cannot set owner and mode of ${path}: ${code}`, { cause });
    }
  }

  /** Removes a path left behind by a dead process. @throws CarpetError EEXIST, EADDRINUSE, EACCES */
  #clear(path: string): void {
    const file = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (file === undefined) return;
    if (!file.isSocket())
      throw new CarpetError(
        'EEXIST',
        `${path} exists and is not a socket: remove it, or choose another path`,
      );
    if (this.#isAnswered()) {
      throw new CarpetError('EADDRINUSE', `${path}: another process listens there: is devd already running?`);
    }
    try {
      unlinkSync(path);
    } catch (cause) {
      const { code = 'EIO' } = cause as NodeJS.ErrnoException;
      throw new CarpetError(code, `cannot replace ${path}, left over from a dead process: ${code}`, {
        cause,
      });
    }
  }

  /** Whether a process listens. ECONNREFUSED means that none does; EPROTOTYPE and EAGAIN that one does. */
  #isAnswered(): boolean {
    const code = this.#tryConnect();
    if (code !== 'EACCES') return code !== 'ECONNREFUSED';
    throw new CarpetError(code, `${String(this.address)} exists and belongs to another user: ${code}`);
  }

  /** @returns the errno's name, undefined where it was answered */
  #tryConnect(): string | undefined {
    const fd = this.#call('open a socket for', () => this.#socket());
    try {
      this.#libc.connect(fd, this.address.bytes);
      return undefined;
    } catch (error) {
      if (error instanceof SystemError) return error.code;
      throw error;
    } finally {
      this.#libc.close(fd);
    }
  }

  #socket(): number {
    return this.#libc.socket(AF_UNIX, this.type | SOCK_NONBLOCK);
  }

  /** `what` completes "cannot …". */
  #call<T>(what: string, call: () => T): T {
    try {
      return call();
    } catch (cause) {
      if (!(cause instanceof SystemError)) throw cause;
      const { code } = cause;
      throw new CarpetError(code, `cannot ${what} ${String(this.address)}: ${REASONS[code] ?? code}`, {
        cause,
      });
    }
  }
}

function isSame(path: string, file: BigIntStats): boolean {
  const now = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return now !== undefined && now.ino === file.ino && now.dev === file.dev;
}
