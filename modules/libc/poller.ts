import { POLLIN } from './constants.js';
import type { Libc } from './libc.js';

/**
 * Readiness of a descriptor as a callback on Node's event loop, level-triggered: a callback that leaves something
 * unread is called again.
 *
 * koffi brings libuv's poll handles, with neither thread nor compiler, but they are not to be trusted with a strange
 * descriptor: what libuv refuses (closed, a regular file, watched twice) aborts the process past every try, and an
 * error pending on the descriptor (a netlink overrun, an interface gone down) silences the handle for ever. So the
 * handle watches an epoll(7) instance of our own, which is readable as long as the descriptor is ready (epoll instances
 * nest) and never has an error; and epoll_ctl(2) watches the descriptor, which refuses with an errno. It also knows
 * events that koffi does not, such as POLLPRI.
 */
export class Poller implements Disposable {
  /** Node's own active handles are roots of the collector; koffi's close without a word when they are collected. */
  static readonly #active = new Set<Poller>();
  readonly #libc: Libc;
  readonly #epoll: number;
  readonly #ready: () => void;
  #handle: ReturnType<Libc['watch']> | undefined;
  #paused = false;

  /**
   * Watches `fd`, and keeps the process alive, until disposed of. Dispose of it before the descriptor is closed, else
   * it is deaf and `fd` may be somebody else's by then.
   * @param ready what it throws is an uncaught exception of the next turn, as from any callback of Node's
   * @param events POLLIN …; POLLERR and POLLHUP are always told, so 0 is those alone. `Libc.poll` tells which it was
   * @throws SystemError where the descriptor cannot be watched (EBADF, EPERM for a regular file), CarpetError ENOTSUP
   */
  constructor(libc: Libc, fd: number, ready: () => void, events = POLLIN) {
    this.#libc = libc;
    this.#epoll = libc.epoll(fd, events);
    this.#ready = () => guarded(ready);
    try {
      this.#handle = libc.watch(this.#epoll, this.#ready);
    } catch (error) {
      libc.close(this.#epoll);
      throw error;
    }
    Poller.#active.add(this);
  }

  /** Whether `ready` is not called for the time being; what comes meanwhile waits in the kernel. */
  pause(paused: boolean): void {
    if (this.#paused === paused || this.#handle === undefined) return;
    this.#paused = paused;
    if (paused) this.#handle.stop();
    else this.#handle.start(this.#ready);
  }

  /** May be called again, and by `ready`, which is not called any more. */
  [Symbol.dispose](): void {
    if (this.#handle === undefined) return;
    this.#handle.close();
    this.#handle = undefined; // a handle that is touched after it was closed crashes the process
    this.#libc.close(this.#epoll);
    Poller.#active.delete(this);
  }
}

/** An exception that went back into koffi would come out of some other callback, much later. */
function guarded(ready: () => void): void {
  try {
    ready();
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
  }
}
