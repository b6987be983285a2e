/**
 * The socket calls that Node has not: SOCK_SEQPACKET, accept4, sendmmsg, send buffers, credentials. Through koffi;
 * each call is synchronous and returns what the manual page says, `-errno` for a failure.
 */
import { createRequire } from 'node:module';
import { constants, endianness } from 'node:os';
import type koffiModule from 'koffi';
import { CarpetError } from '../../../core/index.js';

export const SOCK_STREAM = 1;
export const SOCK_SEQPACKET = 5;
export const { EAGAIN, ECONNABORTED, EINTR, EPIPE } = constants.errno;

const AF_UNIX = 1;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_PEERCRED = 17;
const SO_SNDBUFFORCE = 32;
const SHUT_RD = 0;
const POLLHUP = 0x10;
const MSG_DONTWAIT = 0x40;
const MSG_EOR = 0x80;
const MSG_NOSIGNAL = 0x4000;

type Call = (...args: unknown[]) => number;

export interface Credentials {
  readonly pid: number;
  readonly uid: number;
}

export class Libc {
  readonly #koffi: typeof koffiModule;
  readonly #calls: Record<string, Call>;
  readonly #sendmmsg: Call;
  readonly #word = Buffer.alloc(16);

  private constructor(koffi: typeof koffiModule) {
    const library = koffi.load(null);
    const declare = (prototype: string): Call => library.func(prototype);
    this.#koffi = koffi;
    this.#sendmmsg = declare('int sendmmsg(int, void *, uint32_t, int)');
    this.#calls = {
      socket: declare('int socket(int, int, int)'),
      bind: declare('int bind(int, const void *, uint32_t)'),
      connect: declare('int connect(int, const void *, uint32_t)'),
      listen: declare('int listen(int, int)'),
      accept4: declare('int accept4(int, void *, void *, int)'),
      send: declare('int64_t send(int, const void *, size_t, int)'),
      recv: declare('int64_t recv(int, void *, size_t, int)'),
      setsockopt: declare('int setsockopt(int, int, int, const void *, uint32_t)'),
      getsockopt: declare('int getsockopt(int, int, int, void *, void *)'),
      shutdown: declare('int shutdown(int, int)'),
      poll: declare('int poll(void *, uint64_t, int)'),
      close: declare('int close(int)'),
    };
  }

  /** @throws CarpetError ENOTSUP, in one line, where these sockets cannot be had */
  static load(): Libc {
    if (process.platform !== 'linux' || endianness() !== 'LE' || !process.arch.endsWith('64')) {
      throw new CarpetError(
        'ENOTSUP',
        `the sockets of devd need 64-bit little-endian Linux; this is ${process.platform} on ${process.arch}`,
      );
    }
    return new Libc(createRequire(import.meta.url)('koffi') as typeof koffiModule);
  }

  /** Of memory that must stay referenced as long as the kernel may read it. */
  address(buffer: Buffer): bigint {
    return this.#koffi.address(buffer);
  }

  /** A socket of AF_UNIX, non-blocking and closed in children. */
  socket(type: number): number {
    return this.#call('socket', AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  }

  bind(fd: number, address: Buffer): number {
    return this.#call('bind', fd, address, address.length);
  }

  connect(fd: number, address: Buffer): number {
    return this.#call('connect', fd, address, address.length);
  }

  listen(fd: number, backlog: number): number {
    return this.#call('listen', fd, backlog);
  }

  /** The next connection, non-blocking; on Linux it does not inherit that from the listening socket. */
  accept(fd: number): number {
    return this.#call('accept4', fd, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
  }

  /** All of the bytes, or as many as fit. */
  send(fd: number, bytes: Buffer, length: number): number {
    return this.#call('send', fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  /** How many of the `count` messages at `headers` were sent, each whole or not at all. */
  sendmmsg(fd: number, headers: Buffer, count: number): number {
    const sent = this.#sendmmsg(fd, headers, count, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_EOR);
    return sent < 0 ? -this.#koffi.errno() : sent;
  }

  /** Asks for more than net.core.wmem_max allows; without the privilege the kernel gives that. */
  setSendBuffer(fd: number, bytes: number): void {
    this.#word.writeInt32LE(bytes);
    if (this.#call('setsockopt', fd, SOL_SOCKET, SO_SNDBUFFORCE, this.#word, 4) < 0)
      this.#call('setsockopt', fd, SOL_SOCKET, SO_SNDBUF, this.#word, 4);
  }

  /** Who connected; undefined where the kernel does not say. */
  credentials(fd: number): Credentials | undefined {
    this.#word.writeUInt32LE(12, 12); // the length, behind struct ucred
    const length = this.#word.subarray(12);
    if (this.#call('getsockopt', fd, SOL_SOCKET, SO_PEERCRED, this.#word, length) < 0) return undefined;
    return { pid: this.#word.readInt32LE(0), uid: this.#word.readUInt32LE(4) };
  }

  /**
   * Nothing is wanted from the other side, which gets EPIPE if it sends. What it has sent already is thrown away: left
   * unread it would turn our close into ECONNRESET over there.
   */
  shutdownRead(fd: number): void {
    this.#call('shutdown', fd, SHUT_RD);
    while (this.#call('recv', fd, this.#word, this.#word.length, MSG_DONTWAIT) > 0);
  }

  /** Whether the other side has closed. */
  hungUp(fd: number): boolean {
    this.#word.writeInt32LE(fd);
    this.#word.writeUInt32LE(0, 4); // no events but those that are always told
    return this.#call('poll', this.#word, 1, 0) > 0 && (this.#word.readUInt16LE(6) & POLLHUP) !== 0;
  }

  close(fd: number): void {
    this.#call('close', fd);
  }

  #call(name: string, ...args: unknown[]): number {
    const result = this.#calls[name]!(...args);
    return result < 0 ? -this.#koffi.errno() : result;
  }
}

const NAMES = new Map(Object.entries(constants.errno).map(([name, value]) => [value, name]));

/** `EACCES` for 13 or -13. */
export function errnoName(errno: number): string {
  return NAMES.get(Math.abs(errno)) ?? `errno ${Math.abs(errno)}`;
}
