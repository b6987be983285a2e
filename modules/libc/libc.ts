import { endianness } from 'node:os';
import { CarpetError } from '../../core/index.js';
import * as c from './constants.js';
import { Library, type LibraryCall } from './library.js';

/** Who is at the other end of a connection of AF_UNIX (SO_PEERCRED). */
export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The system calls that Node lacks, under the names of their manual pages: every kind of socket, poll, epoll, setns.
 * Each is synchronous, and throws SystemError where it fails. Nothing here waits: sending and receiving are
 * MSG_DONTWAIT, and what takes something in returns -1 when there is nothing now.
 *
 * Structures are those of 64-bit little-endian Linux (x86-64, arm64, riscv64), which `load` checks.
 */
export class Libc {
  /** Descriptors opened here and not yet closed, for tests that look for leaks. */
  descriptors = 0;
  readonly #library: Library;
  readonly #calls: Record<keyof typeof PROTOTYPES, LibraryCall>;
  readonly #word = Buffer.alloc(16);

  private constructor(library: Library) {
    this.#library = library;
    const declared = Object.entries(PROTOTYPES).map(([name, prototype]) => [name, library.func(prototype)]);
    this.#calls = Object.fromEntries(declared) as Record<keyof typeof PROTOTYPES, LibraryCall>;
  }

  /** @throws CarpetError ENOTSUP on other systems, ENOPKG without koffi; one line each */
  static load(): Libc {
    if (process.platform !== 'linux') throw unsupported(`this is ${process.platform}`);
    if (endianness() !== 'LE' || !process.arch.endsWith('64'))
      throw unsupported(`this is a ${process.arch} machine`);
    return new Libc(Library.load());
  }

  /** The address of memory that must stay referenced as long as the kernel may use it. */
  address(buffer: Buffer): bigint {
    return this.#library.address(buffer);
  }

  /** Closed in children (SOCK_CLOEXEC). */
  socket(domain: number, type: number, protocol = 0): number {
    return this.#opened('socket', this.#calls.socket(domain, type | c.SOCK_CLOEXEC, protocol));
  }

  close(fd: number): void {
    this.#calls.close(fd);
    this.descriptors--;
  }

  /** Another descriptor of the same open file, closed in children. */
  dup(fd: number): number {
    return this.#opened('fcntl', this.#calls.fcntl(fd, F_DUPFD_CLOEXEC, 0));
  }

  bind(fd: number, address: Buffer): void {
    this.#library.check('bind', this.#calls.bind(fd, address, address.length));
  }

  connect(fd: number, address: Buffer): void {
    this.#library.check('connect', this.#calls.connect(fd, address, address.length));
  }

  listen(fd: number, backlog: number): void {
    this.#library.check('listen', this.#calls.listen(fd, backlog));
  }

  /** The next connection, non-blocking, which on Linux it does not inherit; -1 when none waits. */
  accept(fd: number): number {
    const flags = c.SOCK_NONBLOCK | c.SOCK_CLOEXEC;
    const accepted = this.#library.unlessEmpty('accept4', this.#calls.accept4(fd, null, null, flags));
    if (accepted >= 0) this.descriptors++;
    return accepted;
  }

  /** How many of the first `length` bytes were sent: on a stream, as many as fit. */
  send(fd: number, bytes: Uint8Array, length = bytes.length): number {
    return this.#library.check('send', this.#calls.send(fd, bytes, length, SENDING));
  }

  sendto(fd: number, bytes: Uint8Array, address: Uint8Array): void {
    const result = this.#calls.sendto(fd, bytes, bytes.length, SENDING, address, address.length);
    this.#library.check('sendto', result);
  }

  /** How many of the `count` messages at `headers` were sent, each whole (MSG_EOR) or not at all. */
  sendmmsg(fd: number, headers: Buffer, count: number): number {
    return this.#library.check('sendmmsg', this.#calls.sendmmsg(fd, headers, count, SENDING | c.MSG_EOR));
  }

  /** The length of a datagram, which may be more than fits; -1 when there is nothing to read now. */
  recv(fd: number, into: Buffer): number {
    const flags = c.MSG_DONTWAIT | c.MSG_TRUNC;
    return this.#library.unlessEmpty('recv', this.#calls.recv(fd, into, into.length, flags));
  }

  /** Messages read into the `count` headers; -1 when there is nothing to read now. */
  recvmmsg(fd: number, headers: Buffer, count: number): number {
    const result = this.#calls.recvmmsg(fd, headers, count, c.MSG_DONTWAIT, null);
    return this.#library.unlessEmpty('recvmmsg', result);
  }

  setsockopt(fd: number, level: number, option: number, value: Buffer | number): void {
    const bytes = typeof value === 'number' ? int(value) : value;
    this.#library.check('setsockopt', this.#calls.setsockopt(fd, level, option, bytes, bytes.length));
  }

  /** Fills `value`; false where the descriptor is no socket or does not know the option. */
  getsockopt(fd: number, level: number, option: number, value: Buffer): boolean {
    return this.#calls.getsockopt(fd, level, option, value, int(value.length)) === 0;
  }

  /** Bytes for what has come and is not yet read; beyond net.core.rmem_max only with CAP_NET_ADMIN. */
  setReceiveBuffer(fd: number, bytes: number): void {
    this.#setBuffer(fd, c.SO_RCVBUFFORCE, c.SO_RCVBUF, bytes);
  }

  /** Bytes for what is sent and not yet taken; beyond net.core.wmem_max only with CAP_NET_ADMIN. */
  setSendBuffer(fd: number, bytes: number): void {
    this.#setBuffer(fd, c.SO_SNDBUFFORCE, c.SO_SNDBUF, bytes);
  }

  /** Undefined where the kernel does not say. */
  credentials(fd: number): Credentials | undefined {
    const ucred = Buffer.alloc(12);
    if (!this.getsockopt(fd, c.SOL_SOCKET, c.SO_PEERCRED, ucred)) return undefined;
    return { pid: ucred.readInt32LE(0), uid: ucred.readUInt32LE(4), gid: ucred.readUInt32LE(8) };
  }

  /** The supplementary groups of the process that connected (SO_PEERGROUPS); empty where the kernel does not say. */
  groups(fd: number): number[] {
    const gids = Buffer.alloc(MAX_GROUPS * 4, 0xff);
    if (!this.getsockopt(fd, c.SOL_SOCKET, c.SO_PEERGROUPS, gids)) return [];
    const all = Array.from({ length: MAX_GROUPS }, (_, i) => gids.readUInt32LE(i * 4));
    return all.filter((gid) => gid !== NO_GROUP);
  }

  /**
   * Nothing more comes in: the other side gets EPIPE if it sends. What has come is thrown away, because left unread it
   * would turn our close into ECONNRESET over there.
   */
  shutdownRead(fd: number): void {
    this.#calls.shutdown(fd, c.SHUT_RD);
    while (this.#calls.recv(fd, this.#word, this.#word.length, c.MSG_DONTWAIT) > 0);
  }

  /** Which of `events` (POLLIN …) there are now; POLLERR and POLLHUP are always told. */
  poll(fd: number, events: number): number {
    this.#word.writeInt32LE(fd);
    this.#word.writeUInt32LE(events, 4);
    return this.#calls.poll(this.#word, 1, 0) > 0 ? this.#word.readUInt16LE(6) : 0;
  }

  /** An epoll(7) instance that watches one descriptor, level-triggered. */
  epoll(fd: number, events: number): number {
    const epoll = this.#opened('epoll_create1', this.#calls.epoll_create1(EPOLL_CLOEXEC));
    this.#word.writeUInt32LE(events); // struct epoll_event; what follows comes back to us and is not looked at
    const result = this.#calls.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, this.#word);
    try {
      this.#library.check('epoll_ctl', result);
      return epoll;
    } catch (error) {
      this.close(epoll);
      throw error;
    }
  }

  /** See {@link Library.watch}. */
  watch(fd: number, ready: () => void): ReturnType<Library['watch']> {
    return this.#library.watch(fd, ready);
  }

  setns(fd: number, type: number): void {
    this.#library.check('setns', this.#calls.setns(fd, type));
  }

  #opened(call: string, result: number): number {
    this.#library.check(call, result);
    this.descriptors++;
    return result;
  }

  #setBuffer(fd: number, forced: number, allowed: number, bytes: number): void {
    const value = int(bytes);
    if (this.#calls.setsockopt(fd, c.SOL_SOCKET, forced, value, 4) < 0)
      this.setsockopt(fd, c.SOL_SOCKET, allowed, value);
  }
}

const EPOLL_CLOEXEC = 0x80000;
const EPOLL_CTL_ADD = 1;
const F_DUPFD_CLOEXEC = 1030;
/** More than a host has use for; the kernel's own limit (NGROUPS_MAX) is 65,536. */
const MAX_GROUPS = 1024;
/** (gid_t) -1 is no group. */
const NO_GROUP = 0xffffffff;
const SENDING = c.MSG_DONTWAIT | c.MSG_NOSIGNAL;

const PROTOTYPES = {
  socket: 'int socket(int, int, int)',
  bind: 'int bind(int, const void *, uint32_t)',
  connect: 'int connect(int, const void *, uint32_t)',
  listen: 'int listen(int, int)',
  accept4: 'int accept4(int, void *, void *, int)',
  close: 'int close(int)',
  fcntl: 'int fcntl(int, int, int)',
  shutdown: 'int shutdown(int, int)',
  send: 'int64_t send(int, const void *, size_t, int)',
  sendto: 'int64_t sendto(int, const void *, size_t, int, const void *, uint32_t)',
  sendmmsg: 'int sendmmsg(int, void *, uint32_t, int)',
  recv: 'int64_t recv(int, void *, size_t, int)',
  recvmmsg: 'int recvmmsg(int, void *, uint32_t, int, void *)',
  setsockopt: 'int setsockopt(int, int, int, const void *, uint32_t)',
  getsockopt: 'int getsockopt(int, int, int, void *, void *)',
  poll: 'int poll(void *, uint64_t, int)',
  epoll_create1: 'int epoll_create1(int)',
  epoll_ctl: 'int epoll_ctl(int, int, int, void *)',
  setns: 'int setns(int, int)',
} as const;

/** A C int. */
export function int(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  return buffer;
}

function unsupported(reason: string): CarpetError {
  return new CarpetError('ENOTSUP', `the real network needs 64-bit little-endian Linux; ${reason}`);
}
