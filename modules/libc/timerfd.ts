import type { EventTimer } from '../../core/index.js';
import type { Libc } from './libc.js';
import { asTurn } from './turn.js';

const NS_PER_SECOND = 1e9;
/** struct itimerspec: the interval, then the time to the first expiry; 0 stops the timer. */
const ITIMERSPEC_LENGTH = 32;
const STOPPED = Buffer.alloc(ITIMERSPEC_LENGTH);

/**
 * A timer of the kernel (timerfd_create(2), CLOCK_MONOTONIC), exact to some hundredths of a millisecond where setTimeout
 * knows whole ones.
 *
 * Its descriptor is watched without the detour of {@link Poller}: it is this object's own, and never has an error pending.
 * It is not read either: setting the timer anew, or stopping it, clears what has expired.
 */
export class TimerFd implements EventTimer {
  /** A koffi handle that is garbage-collected closes silently, even while it is active. */
  static readonly #active = new Set<TimerFd>();
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #expired: () => void;
  readonly #specification = Buffer.alloc(ITIMERSPEC_LENGTH);
  #handle: ReturnType<Libc['watch']> | undefined;
  #isStarted = false;
  #isReferenced = false;

  /**
   * @param expired called from the event loop; what it throws becomes an uncaught exception in the next turn
   * @throws SystemError EMFILE, ENFILE; CarpetError ENOTSUP if koffi lacks poll handles
   */
  constructor(libc: Libc, expired: () => void) {
    this.#libc = libc;
    this.#expired = expired;
    this.#fd = libc.timerfd();
    try {
      this.#handle = libc.watch(
        this.#fd,
        asTurn(() => this.#onReadable()),
      );
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
    this.#handle.unref();
    TimerFd.#active.add(this);
  }

  start(ms: number): void {
    if (this.#handle === undefined) return;
    // 0 would stop it.
    const ns = Math.max(1, Math.ceil(ms * 1e6));
    const seconds = Math.floor(ns / NS_PER_SECOND);
    this.#specification.writeInt32LE(seconds, 16);
    this.#specification.writeInt32LE(ns - seconds * NS_PER_SECOND, 24);
    this.#libc.setTimer(this.#fd, this.#specification);
    this.#isStarted = true;
    if (this.#isReferenced) return;
    this.#isReferenced = true;
    this.#handle.ref();
  }

  stop(): void {
    if (this.#isStarted) this.#clear();
  }

  [Symbol.dispose](): void {
    if (this.#handle === undefined) return;
    this.#handle.close();
    this.#handle = undefined; // touching a closed handle crashes the process
    this.#libc.close(this.#fd);
    TimerFd.#active.delete(this);
  }

  #onReadable(): void {
    this.#isStarted = false;
    try {
      this.#expired();
    } finally {
      if (!this.#isStarted) this.#clear();
    }
  }

  /** Neither started nor expired any more, and no reason for the process to live on. */
  #clear(): void {
    if (this.#handle === undefined) return;
    this.#isStarted = false;
    this.#libc.setTimer(this.#fd, STOPPED);
    this.#isReferenced = false;
    this.#handle.unref();
  }
}
