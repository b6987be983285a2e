/**
 * The C library, through koffi: every call is synchronous and returns what the manual page says. Only what the driver
 * needs. Pointers are Buffers that outlive the call; structures are laid out by hand for 64-bit little-endian Linux
 * (x86-64, arm64, riscv64), which `Libc.load` checks.
 */
import { createRequire } from 'node:module';
import { constants, endianness } from 'node:os';
import type koffiModule from 'koffi';
import { IfnetError } from '../index.js';

export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_RAW = 3;
export const SOCK_CLOEXEC = 0x80000;
export const SOCK_NONBLOCK = 0x800;
export const SOL_SOCKET = 1;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;

type Call = (...args: unknown[]) => number;

/** Thrown by a failed call: the errno by name and number. Callers turn it into an IfnetError with a subject. */
export class SystemError extends IfnetError {
  constructor(
    readonly call: string,
    readonly errno: number,
  ) {
    super(errnoName(errno), '', `${call} failed: ${errnoName(errno)}`);
  }
}

const NAMES = new Map(Object.entries(constants.errno).map(([name, value]) => [value, name]));

/** `EPERM` for 1; numbers Node does not know become `E<number>`. EAGAIN and EWOULDBLOCK are one. */
export function errnoName(errno: number): string {
  return errno === constants.errno.EAGAIN ? 'EAGAIN' : (NAMES.get(errno) ?? `E${errno}`);
}

export class Libc {
  /** Descriptors opened here and not yet closed, for tests that count them. */
  descriptors = 0;
  readonly #koffi: typeof koffiModule;
  readonly #calls: Record<'socket' | 'bind' | 'close' | 'send' | 'sendto' | 'recv' | 'recvmmsg', Call> &
    Record<'setsockopt' | 'getsockopt' | 'setns', Call>;

  private constructor(koffi: typeof koffiModule) {
    const library = koffi.load(null);
    const declare = (prototype: string): Call => library.func(prototype);
    this.#koffi = koffi;
    this.#calls = {
      socket: declare('int socket(int, int, int)'),
      bind: declare('int bind(int, const void *, uint32_t)'),
      close: declare('int close(int)'),
      send: declare('int64_t send(int, const void *, size_t, int)'),
      sendto: declare('int64_t sendto(int, const void *, size_t, int, const void *, uint32_t)'),
      recv: declare('int64_t recv(int, void *, size_t, int)'),
      recvmmsg: declare('int recvmmsg(int, void *, uint32_t, int, void *)'),
      setsockopt: declare('int setsockopt(int, int, int, const void *, uint32_t)'),
      getsockopt: declare('int getsockopt(int, int, int, void *, void *)'),
      setns: declare('int setns(int, int)'),
    };
  }

  /** Throws IfnetError ENOTSUP, in one line, where the driver cannot work. */
  static load(): Libc {
    if (process.platform !== 'linux') throw unsupported(`this is ${process.platform}`);
    if (endianness() !== 'LE' || !process.arch.endsWith('64'))
      throw unsupported(`this is a ${process.arch} machine`);
    return new Libc(createRequire(import.meta.url)('koffi') as typeof koffiModule);
  }

  /** The address of memory that must stay referenced as long as the kernel may use it. */
  address(buffer: Buffer): bigint {
    return this.#koffi.address(buffer);
  }

  socket(domain: number, type: number, protocol: number): number {
    const fd = this.#check('socket', this.#calls.socket(domain, type | SOCK_CLOEXEC, protocol));
    this.descriptors++;
    return fd;
  }

  close(fd: number): void {
    this.#calls.close(fd);
    this.descriptors--;
  }

  bind(fd: number, address: Buffer): void {
    this.#check('bind', this.#calls.bind(fd, address, address.length));
  }

  send(fd: number, bytes: Uint8Array): void {
    this.#check('send', this.#calls.send(fd, bytes, bytes.length, MSG_DONTWAIT));
  }

  sendto(fd: number, bytes: Uint8Array, address: Buffer): void {
    this.#check('sendto', this.#calls.sendto(fd, bytes, bytes.length, MSG_DONTWAIT, address, address.length));
  }

  /** Bytes read, or -1 when there is nothing to read now. */
  recv(fd: number, into: Buffer): number {
    return this.#unlessEmpty('recv', this.#calls.recv(fd, into, into.length, MSG_DONTWAIT | MSG_TRUNC));
  }

  /** Messages read into the `count` headers, or -1 when there is nothing to read now. */
  recvmmsg(fd: number, headers: Buffer, count: number): number {
    return this.#unlessEmpty('recvmmsg', this.#calls.recvmmsg(fd, headers, count, MSG_DONTWAIT, null));
  }

  setsockopt(fd: number, level: number, option: number, value: Buffer | number): void {
    const bytes = typeof value === 'number' ? int(value) : value;
    this.#check('setsockopt', this.#calls.setsockopt(fd, level, option, bytes, bytes.length));
  }

  /** Fills `value`; false where the descriptor is no socket or does not know the option. */
  getsockopt(fd: number, level: number, option: number, value: Buffer): boolean {
    return this.#calls.getsockopt(fd, level, option, value, int(value.length)) === 0;
  }

  setns(fd: number, type: number): void {
    this.#check('setns', this.#calls.setns(fd, type));
  }

  #check(call: string, result: number): number {
    if (result < 0) throw new SystemError(call, this.#koffi.errno());
    return result;
  }

  #unlessEmpty(call: string, result: number): number {
    if (result >= 0) return result;
    const errno = this.#koffi.errno();
    if (errno === constants.errno.EAGAIN || errno === constants.errno.EINTR) return -1;
    throw new SystemError(call, errno);
  }
}

/** A C int. */
export function int(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  return buffer;
}

function unsupported(reason: string): IfnetError {
  return new IfnetError('ENOTSUP', '', `the linux driver needs 64-bit little-endian Linux; ${reason}`);
}
