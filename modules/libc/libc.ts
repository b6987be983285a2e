import { constants, endianness } from 'node:os';
import { CarpetError } from '../../core/index.js';
import * as c from './constants.js';
import { Library, type LibraryCall } from './library.js';

/** The process at the other end of an AF_UNIX connection, as it was at connect(2) (SO_PEERCRED). */
export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** How a process ended; one of the two is null. */
export interface WaitStatus {
  /** Exit status, 0 to 255. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * System calls that Node lacks, under their own names: sockets of every kind, poll, epoll, timerfd, pidfd, setns. Each is
 * synchronous, and throws SystemError if it fails. None but `poll` waits: sends and receives are MSG_DONTWAIT, and a
 * receiving call returns -1 if there is nothing to receive now.
 *
 * Structures have the layout of 64-bit little-endian Linux (x86-64, arm64, riscv64); `load` checks that.
 */
export class Libc {
  /** Open descriptors that were opened here, for tests that look for leaks. */
  descriptors = 0;
  readonly #library: Library;
  readonly #calls: Record<keyof typeof PROTOTYPES, LibraryCall>;
  readonly #word = Buffer.alloc(16);

  private constructor(library: Library) {
    this.#library = library;
    const declared = Object.entries(PROTOTYPES).map(([name, prototype]) => [name, library.func(prototype)]);
    this.#calls = Object.fromEntries(declared) as Record<keyof typeof PROTOTYPES, LibraryCall>;
  }

  /** @throws CarpetError ENOTSUP on other systems, ENOPKG without koffi */
  static load(): Libc {
    if (process.platform !== 'linux') throw unsupported(`this is ${process.platform}`);
    if (endianness() !== 'LE' || !process.arch.endsWith('64'))
      throw unsupported(`this is a ${process.arch} machine`);
    return new Libc(Library.load());
  }

  /** The address of a buffer. Keep the buffer referenced as long as the kernel may use it. */
  address(buffer: Buffer): bigint {
    return this.#library.address(buffer);
  }

  /** Opens a socket, closed in children (SOCK_CLOEXEC). */
  socket(domain: number, type: number, protocol = 0): number {
    return this.#opened('socket', this.#calls.socket(domain, type | c.SOCK_CLOEXEC, protocol));
  }

  /** Opens a socket and sets it up; closes it again if `setUp` throws. */
  open(domain: number, type: number, protocol: number, setUp: (fd: number) => void): number {
    const fd = this.socket(domain, type, protocol);
    try {
      setUp(fd);
      return fd;
    } catch (error) {
      this.close(fd);
      throw error;
    }
  }

  close(fd: number): void {
    this.#calls.close(fd);
    this.descriptors--;
  }

  /** A second descriptor of the same open file, closed in children. */
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

  /** The next connection, non-blocking (Linux does not inherit that); -1 if none waits. */
  accept(fd: number): number {
    const flags = c.SOCK_NONBLOCK | c.SOCK_CLOEXEC;
    const accepted = this.#library.unlessEmpty('accept4', this.#calls.accept4(fd, null, null, flags));
    if (accepted >= 0) this.descriptors++;
    return accepted;
  }

  /** Sends the first `length` bytes. Returns how many were sent: on a stream, as many as fit. */
  send(fd: number, bytes: Uint8Array, length = bytes.length): number {
    return this.#library.check('send', this.#calls.send(fd, bytes, length, SENDING));
  }

  sendto(fd: number, bytes: Uint8Array, address: Uint8Array): void {
    const result = this.#calls.sendto(fd, bytes, bytes.length, SENDING, address, address.length);
    this.#library.check('sendto', result);
  }

  /** Sends the `count` messages at `headers`. Returns how many were sent, each one whole (MSG_EOR). */
  sendmmsg(fd: number, headers: Buffer, count: number): number {
    return this.#library.check('sendmmsg', this.#calls.sendmmsg(fd, headers, count, SENDING | c.MSG_EOR));
  }

  /** Receives a datagram. Returns its whole length, even if it did not fit (MSG_TRUNC); -1 if none waits. */
  recv(fd: number, into: Buffer): number {
    const flags = c.MSG_DONTWAIT | c.MSG_TRUNC;
    return this.#library.unlessEmpty('recv', this.#calls.recv(fd, into, into.length, flags));
  }

  /**
   * Receives up to `count` messages into `headers`. Returns how many; -1 if none waits.
   * @param flags besides MSG_DONTWAIT; not every kind of socket takes every flag
   */
  recvmmsg(fd: number, headers: Buffer, count: number, flags = 0): number {
    const result = this.#calls.recvmmsg(fd, headers, count, c.MSG_DONTWAIT | flags, null);
    return this.#library.unlessEmpty('recvmmsg', result);
  }

  setsockopt(fd: number, level: number, option: number, value: Buffer | number): void {
    const bytes = typeof value === 'number' ? int(value) : value;
    this.#library.check('setsockopt', this.#calls.setsockopt(fd, level, option, bytes, bytes.length));
  }

  /** Fills `value`. Returns false if the descriptor is not a socket or lacks the option. */
  getsockopt(fd: number, level: number, option: number, value: Buffer): boolean {
    return this.#calls.getsockopt(fd, level, option, value, int(value.length)) === 0;
  }

  /** Sets the size of the receive buffer, in bytes. Without CAP_NET_ADMIN the limit is net.core.rmem_max. */
  setReceiveBuffer(fd: number, bytes: number): void {
    this.#setBuffer(fd, c.SO_RCVBUFFORCE, c.SO_RCVBUF, bytes);
  }

  /** Sets the size of the send buffer, in bytes. Without CAP_NET_ADMIN the limit is net.core.wmem_max. */
  setSendBuffer(fd: number, bytes: number): void {
    this.#setBuffer(fd, c.SO_SNDBUFFORCE, c.SO_SNDBUF, bytes);
  }

  /** The peer of a connection; undefined if the socket has none. */
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
   * Receives nothing any more: the peer gets EPIPE if it sends. Discards what has arrived: left unread, it would make
   * the peer see our close as ECONNRESET.
   */
  shutdownRead(fd: number): void {
    this.#calls.shutdown(fd, c.SHUT_RD);
    while (this.#calls.recv(fd, this.#word, this.#word.length, c.MSG_DONTWAIT) > 0);
  }

  /** Receives up to a buffer's length from a stream. Returns how many bytes; 0 at its end, -1 if none waits. */
  read(fd: number, into: Buffer): number {
    return this.#library.unlessEmpty('recv', this.#calls.recv(fd, into, into.length, c.MSG_DONTWAIT));
  }

  /** From now on the peer gets EPIPE if it sends; what it has sent before can still be received. */
  endReading(fd: number): void {
    this.#calls.shutdown(fd, c.SHUT_RD);
  }

  /**
   * Which of `events` (POLLIN …) are pending now, or, with a timeout, within that time. POLLERR and POLLHUP are always
   * reported.
   *
   * @param timeoutMs how long this thread may stand still for it
   */
  poll(fd: number, events: number, timeoutMs = 0): number {
    this.#word.writeInt32LE(fd);
    this.#word.writeUInt32LE(events, 4);
    return this.#calls.poll(this.#word, 1, timeoutMs) > 0 ? this.#word.readUInt16LE(6) : 0;
  }

  /** Opens an epoll(7) instance that watches one descriptor, level-triggered. */
  epoll(fd: number, events = c.POLLIN): number {
    const epoll = this.#opened('epoll_create1', this.#calls.epoll_create1(EPOLL_CLOEXEC));
    try {
      this.watchToo(epoll, fd, events);
      return epoll;
    } catch (error) {
      this.close(epoll);
      throw error;
    }
  }

  /** Has an epoll instance watch one more descriptor, until that is closed. */
  watchToo(epoll: number, fd: number, events = c.POLLIN): void {
    this.#word.writeUInt32LE(events); // struct epoll_event; the data after it is not used
    this.#library.check('epoll_ctl', this.#calls.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, this.#word));
  }

  /** See {@link Library.watch}. */
  watch(fd: number, ready: () => void): ReturnType<Library['watch']> {
    return this.#library.watch(fd, ready);
  }

  /** Opens a timer of the kernel that counts as `performance.now()` does (timerfd_create(2)); not started. */
  timerfd(): number {
    return this.#opened('timerfd_create', this.#calls.timerfd_create(CLOCK_MONOTONIC, TFD_FLAGS));
  }

  /** The time of the wall clock in ms, finer than `Date.now()`: it counts as the kernel's stamps on datagrams do. */
  wallClock(): number {
    return this.#clock(CLOCK_REALTIME);
  }

  /** The time since boot in ms, with that for which the machine has slept. */
  bootClock(): number {
    return this.#clock(CLOCK_BOOTTIME);
  }

  /** Starts a timer in place of what was started before, or stops it; what has expired counts no more. */
  setTimer(fd: number, itimerspec: Buffer): void {
    this.#library.check('timerfd_settime', this.#calls.timerfd_settime(fd, 0, itimerspec, null));
  }

  /** Opens a descriptor of a process, readable when it has ended (pidfd_open(2), Linux 5.3). */
  pidfd(pid: number): number {
    return this.#opened('pidfd_open', this.#calls.syscall(SYS_PIDFD_OPEN, pid, 0));
  }

  /**
   * Takes the status of a child that has ended; undefined if it runs. Never of a child of node:child_process, which waits
   * for its own.
   */
  waitpid(pid: number): WaitStatus | undefined {
    const waited = this.#library.check('waitpid', this.#calls.waitpid(pid, this.#word, WNOHANG));
    if (waited === 0) return undefined;
    const status = this.#word.readInt32LE();
    const number = status & 0x7f;
    if (number === 0) return { code: (status >> 8) & 0xff, signal: null };
    return { code: null, signal: signalName(number) };
  }

  /** Moves this thread into a namespace. */
  setns(fd: number, type: number): void {
    this.#library.check('setns', this.#calls.setns(fd, type));
  }

  #opened(call: string, result: number): number {
    this.#library.check(call, result);
    this.descriptors++;
    return result;
  }

  /** clock_gettime(2), in ms. Read in words of 32 bits, as numbers: one of 64 bits would be an object. */
  #clock(id: number): number {
    this.#library.check('clock_gettime', this.#calls.clock_gettime(id, this.#word));
    const seconds = this.#word.readInt32LE(4) * 2 ** 32 + this.#word.readUInt32LE(0);
    return seconds * 1e3 + this.#word.readInt32LE(8) / 1e6;
  }

  #setBuffer(fd: number, forced: number, allowed: number, bytes: number): void {
    const value = int(bytes);
    if (this.#calls.setsockopt(fd, c.SOL_SOCKET, forced, value, 4) < 0)
      this.setsockopt(fd, c.SOL_SOCKET, allowed, value);
  }
}

const EPOLL_CLOEXEC = 0x80000;
const EPOLL_CTL_ADD = 1;
const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;
/** TFD_NONBLOCK | TFD_CLOEXEC. */
const TFD_FLAGS = 0x80800;
const WNOHANG = 1;
/** The same number on every architecture that Node runs on. */
const SYS_PIDFD_OPEN = 434;
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
  clock_gettime: 'int clock_gettime(int, void *)',
  timerfd_create: 'int timerfd_create(int, int)',
  timerfd_settime: 'int timerfd_settime(int, int, const void *, void *)',
  syscall: 'int64_t syscall(int64_t, int64_t, int64_t)',
  waitpid: 'int waitpid(int, void *, int)',
  setns: 'int setns(int, int)',
} as const;

/** A C int. */
export function int(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  return buffer;
}

function signalName(number: number): NodeJS.Signals {
  const found = Object.entries(constants.signals).find(([, each]) => each === number);
  return (found?.[0] ?? `SIG${number}`) as NodeJS.Signals;
}

function unsupported(reason: string): CarpetError {
  return new CarpetError('ENOTSUP', `the real network needs 64-bit little-endian Linux; ${reason}`);
}
