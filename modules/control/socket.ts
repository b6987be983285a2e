import { chmodSync, chownSync, lstatSync, mkdirSync, renameSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { CarpetError } from '../../core/index.js';
import {
  AF_UNIX,
  Libc,
  Poller,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SocketAddress,
  SystemError,
} from '../libc/index.js';
import type { Listener } from './protocol.js';

const BACKLOG = 128;
/** How long a socket that is there already has to say that somebody listens on it. */
const PROBE_MS = 1000;

/** What is to be served there. */
export interface SocketPurpose {
  readonly writes: boolean;
  readonly group: number | undefined;
}

/**
 * A listening Unix socket in the file system. It is made here, with its rights, before anybody can connect; whoever
 * serves it gets a duplicate of its descriptor, so that the socket outlives its servers.
 */
export class ControlSocket implements Disposable {
  #path: string;
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #inode: bigint;
  readonly #purpose: SocketPurpose;
  #poller: Poller | undefined;

  private constructor(path: string, libc: Libc, fd: number, purpose: SocketPurpose) {
    this.#path = path;
    this.#libc = libc;
    this.#fd = fd;
    this.#purpose = purpose;
    this.#inode = lstatSync(path, { bigint: true }).ino;
  }

  /**
   * Listens at `path`, in place of a socket that a dead process has left there.
   * @throws CarpetError EADDRINUSE when somebody listens there, EEXIST when something else stands there, EACCES …
   */
  static async open(path: string, purpose: SocketPurpose): Promise<ControlSocket> {
    await makeRoom(path);
    const libc = Libc.load();
    const fd = libc.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    try {
      bindPrivately(libc, fd, path);
      grant(path, purpose);
      libc.listen(fd, BACKLOG);
      return new ControlSocket(path, libc, fd, purpose);
    } catch (error) {
      libc.close(fd);
      throw explained(error, path);
    }
  }

  /** Where it listens now. */
  get path(): string {
    return this.#path;
  }

  /** Listens at another path from now on, in place of what is there: nobody finds none of the two. @throws CarpetError */
  moveTo(path: string): void {
    try {
      renameSync(this.#path, path);
    } catch (error) {
      throw explained(error, path);
    }
    this.#path = path;
  }

  /** A descriptor of its own for a server. @throws SystemError EMFILE */
  listener(): Listener {
    const { writes, group } = this.#purpose;
    return { fd: this.#libc.dup(this.#fd), writes, group };
  }

  /** Calls back once, when a connection waits to be accepted. @throws SystemError EMFILE */
  wait(connection: () => void): void {
    this.#poller ??= new Poller(this.#libc, this.#fd, () => {
      this.stopWaiting();
      connection();
    });
  }

  stopWaiting(): void {
    this.#poller?.[Symbol.dispose]();
    this.#poller = undefined;
  }

  /** Closes the socket, and removes its file if that is still ours. */
  [Symbol.dispose](): void {
    this.stopWaiting();
    this.#libc.close(this.#fd);
    const found = lstatSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (found?.ino === this.#inode) unlinkSync(this.#path);
  }
}

/** Only its owner may connect from the first moment on; rights are added, never taken back. */
function bindPrivately(libc: Libc, fd: number, path: string): void {
  const before = process.umask(0o177);
  try {
    libc.bind(fd, new SocketAddress(path).bytes);
  } finally {
    process.umask(before);
  }
}

function grant(path: string, { writes, group }: SocketPurpose): void {
  if (!writes) return chmodSync(path, 0o666);
  if (group === undefined || !giveTo(group, path)) return;
  chmodSync(path, 0o660);
}

/** @returns false for a user who is not root, and no member of the group (chown(2)) */
function giveTo(group: number, path: string): boolean {
  try {
    chownSync(path, process.geteuid!(), group);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    return false;
  }
}

async function makeRoom(path: string): Promise<void> {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  } catch (error) {
    throw explained(error, path);
  }
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new CarpetError('EEXIST', `${path} exists and is not a socket: choose another path`);
  if (await listens(path))
    throw new CarpetError('EADDRINUSE', `another kernel listens on ${path}: stop it, or choose another path`);
  unlinkSync(path);
}

/** connect(2) says ECONNREFUSED of a socket whose process has died. */
function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path, timeout: PROBE_MS });
    const answer = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => answer(true));
    // It may not be ours to connect to, or its backlog may be full: somebody is there.
    socket.once('timeout', () => answer(true));
    socket.once('error', (error: NodeJS.ErrnoException) => answer(error.code !== 'ECONNREFUSED'));
  });
}

function explained(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const reason = error instanceof SystemError ? error.code : error.message;
  return new CarpetError(String(error.code), `cannot listen on ${path}: ${reason}`, { cause: error });
}
