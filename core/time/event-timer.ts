/** A one-shot timer of the machine, which wakes a {@link SystemClock}; eventtimers(4) of FreeBSD has the like. */
export interface EventTimer extends Disposable {
  /**
   * Expires once, in place of what was started before. The process stays alive until then. An expiry that is early does no
   * harm: the clock finds nothing due, and starts the timer again.
   *
   * @param ms from now, fractional; 0 to 2³¹ − 1
   */
  start(ms: number): void;
  /** Does not expire any more; no-op if it was not started. */
  stop(): void;
}

/** Makes a timer that calls `expired`, never within `start`. */
export type EventTimerMaker = (expired: () => void) => EventTimer;

/** The event loop's own timer, which every host of JavaScript has: whole milliseconds, up to one of them late. */
export class TimeoutTimer implements EventTimer {
  readonly #expired: () => void;
  #timeout: ReturnType<typeof setTimeout> | undefined;

  constructor(expired: () => void) {
    this.#expired = expired;
  }

  start(ms: number): void {
    clearTimeout(this.#timeout);
    this.#timeout = setTimeout(this.#expired, Math.ceil(ms));
  }

  stop(): void {
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}
