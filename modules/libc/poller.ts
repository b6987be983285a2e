import { POLLIN } from './constants.js';
import type { Libc } from './libc.js';
import { asTurn } from './turn.js';

/**
 * Watches a descriptor: calls back on Node's event loop while it is ready. Level-triggered: a callback that leaves
 * something unread is called again.
 *
 * koffi's poll handles need neither a thread nor a compiler, but they are fragile. What libuv refuses (a closed
 * descriptor, a regular file, one watched twice) aborts the process past every try, and an error pending on the
 * descriptor (a netlink overrun) silences the handle for ever. So the handle watches an epoll(7) instance of our own,
 * which is readable while the descriptor is ready (epoll instances nest) and never has an error itself; epoll_ctl(2)
 * refuses a bad descriptor with an errno. This also gives events that koffi lacks, such as POLLPRI.
 */
export class Poller implements Disposable {
  /** A koffi handle that is garbage-collected closes silently, even while it is active. */
  static readonly #active = new Set<Poller>();
  readonly #libc: Libc;
  readonly #epoll: number;
  readonly #ready: () => void;
  #handle: ReturnType<Libc['watch']> | undefined;
  #paused = false;

  /**
   * Watches `fd`, and keeps the process alive unless `unref` is called, until disposed. Dispose it before the descriptor is closed.
   * @param ready if it throws, the error becomes an uncaught exception in the next turn
   * @param events POLLIN …; 0 for POLLERR and POLLHUP alone, which are always reported. `Libc.poll` tells them apart
   * @throws SystemError if the descriptor cannot be watched (EBADF; EPERM for a regular file); CarpetError ENOTSUP
   */
  constructor(libc: Libc, fd: number, ready: () => void, events = POLLIN) {
    this.#libc = libc;
    this.#epoll = libc.epoll(fd, events);
    this.#ready = asTurn(ready);
    try {
      this.#handle = libc.watch(this.#epoll, this.#ready);
    } catch (error) {
      libc.close(this.#epoll);
      throw error;
    }
    Poller.#active.add(this);
  }

  /** Watches a descriptor that was opened for that alone: if it cannot be watched it is closed. @throws as the constructor */
  static orClose(libc: Libc, fd: number, ready: () => void): Poller {
    try {
      return new Poller(libc, fd, ready);
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  /** Stops or resumes calling `ready`. What arrives meanwhile waits in the kernel. */
  pause(paused: boolean): void {
    if (this.#paused === paused || this.#handle === undefined) return;
    this.#paused = paused;
    if (paused) this.#handle.stop();
    else this.#handle.start(this.#ready);
  }

  /** Lets the process end although this watches. */
  unref(): void {
    this.#handle?.unref();
  }

  /** Stops watching; `ready` is not called any more. May be called within `ready`, and again. */
  [Symbol.dispose](): void {
    if (this.#handle === undefined) return;
    this.#handle.close();
    this.#handle = undefined; // touching a closed handle crashes the process
    this.#libc.close(this.#epoll);
    Poller.#active.delete(this);
  }
}
