import { createRequire } from 'node:module';
import type koffiModule from 'koffi';
import type { node as koffiNode } from 'koffi';
import { CarpetError } from '../../core/index.js';
import { EAGAIN, EINTR, SystemError } from './errno.js';

/** A function of the C library. The call is synchronous and returns what the manual page says. */
export type LibraryCall = (...args: unknown[]) => number;

type Koffi = typeof koffiModule;

/**
 * The C library that Node itself runs on, through koffi. This is the only file that loads koffi, which is prebuilt for
 * every platform that carpet runs on: no compiler is needed.
 *
 * Pass a pointer as a Buffer that outlives the call, with the structure laid out by hand.
 */
export class Library {
  readonly #koffi: Koffi;
  readonly #library: ReturnType<Koffi['load']>;

  private constructor(koffi: Koffi) {
    this.#koffi = koffi;
    this.#library = koffi.load(null);
  }

  /** @throws CarpetError ENOPKG if koffi is not installed or has no build for this machine */
  static load(): Library {
    try {
      return new Library(createRequire(import.meta.url)('koffi') as Koffi);
    } catch (cause) {
      const here = `${process.platform}-${process.arch}`;
      const message = `the package koffi, which reaches the C library, does not load on ${here}; run: npm install koffi`;
      throw new CarpetError('ENOPKG', message, { cause });
    }
  }

  /** Declares a function, such as `int close(int)`. */
  func(prototype: string): LibraryCall {
    return this.#library.func(prototype);
  }

  /** The same on a thread of libuv's pool. What it gets must stay until the promise resolves. */
  poolFunc(prototype: string): (...args: unknown[]) => Promise<number> {
    const call = this.#library.func(prototype);
    return (...args) =>
      new Promise((resolve, reject) => {
        call.async(...args, (error: Error | null, result: number) =>
          error === null ? resolve(result) : reject(error),
        );
      });
  }

  /** The address of a buffer. Keep the buffer referenced as long as C may use it. */
  address(buffer: Buffer): bigint {
    return this.#koffi.address(buffer);
  }

  /**
   * Calls `ready` from the event loop while the descriptor is readable. Use {@link Poller} instead: a descriptor that
   * epoll(7) refuses, or that this loop watches already, aborts the process here.
   * @throws CarpetError ENOTSUP if koffi lacks poll handles, which its documentation does not promise
   */
  watch(fd: number, ready: () => void): koffiNode.PollHandle {
    const { node, version } = this.#koffi;
    if (typeof node?.poll === 'function') return node.poll(fd, ready);
    const message = `koffi ${version} cannot watch descriptors (koffi.node.poll is missing); run: npm install koffi@~3.3.4`;
    throw new CarpetError('ENOTSUP', message);
  }

  /** Returns the result of a call. @throws SystemError if it is negative */
  check(call: string, result: number): number {
    if (result < 0) throw new SystemError(call, this.#koffi.errno());
    return result;
  }

  /** Returns the result of a receiving call, -1 if nothing can be received now (EAGAIN). @throws SystemError */
  unlessEmpty(call: string, result: number): number {
    if (result >= 0) return result;
    const errno = this.#koffi.errno();
    if (errno === EAGAIN || errno === EINTR) return -1;
    throw new SystemError(call, errno);
  }
}
