import type { Callout } from './callout.js';
import { CalloutQueue } from './callout-queue.js';
import { Clock } from './clock.js';

/** More callouts than this at one instant are a callout that re-arms itself with zero, not a busy simulation. */
const MAX_CALLOUTS_AT_ONE_INSTANT = 1_000_000;

/**
 * A clock that stands still until it is told to move. Callouts run at exactly their deadlines, in order, so that a
 * run depends on nothing but its inputs. An error thrown by a callout comes out of the call that advanced the clock.
 */
export class VirtualClock extends Clock {
  protected override readonly queue = new CalloutQueue<Callout>();
  readonly #epoch: number;
  #now = 0;
  #instant = -1;
  #callsAtInstant = 0;

  /** @param epoch the wall time, in milliseconds since 1970, at which this clock's now is zero */
  constructor(epoch = Date.UTC(2026, 0, 1)) {
    super();
    this.#epoch = epoch;
  }

  override now(): number {
    return this.#now;
  }

  override wallTime(): number {
    return this.#epoch + this.#now;
  }

  /**
   * Moves on by `ms`, running what becomes due. Between two callouts it lets pending promises settle, so that
   * async handlers make their way as they would between two timers of the event loop.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#after(ms);
    await settle();
    while (this.#runNext(end)) await settle();
    this.#reach(end);
  }

  /** Like {@link advance} without letting promises settle: for code that uses none, and many times faster. */
  advanceSync(ms: number): void {
    const end = this.#after(ms);
    while (this.#runNext(end));
    this.#reach(end);
  }

  /**
   * Moves on without running anything, as a suspended machine does: what became due meanwhile runs, late, with the
   * next advance.
   */
  pause(ms: number): void {
    this.#now = this.#after(ms);
  }

  /** Moves on from callout to callout until none is armed. @throws RangeError when `limit` ms were not enough */
  async runUntilIdle(limit = 24 * 3600_000): Promise<void> {
    const end = this.#after(limit);
    await settle();
    while (this.#runNext(end)) await settle();
    const left = this.queue.earliest;
    if (left !== undefined) throw new RangeError(`callout ${left.name} is still armed after ${limit} ms`);
  }

  /** @throws RangeError for anything but a stretch of time */
  #after(ms: number): number {
    if (ms >= 0) return this.#now + ms;
    throw new RangeError(`a clock moves on by 0 ms or more, not by ${ms}`);
  }

  /** A callout, or an advance that was not awaited, may have moved it on further meanwhile. */
  #reach(end: number): void {
    this.#now = Math.max(this.#now, end);
  }

  /** Runs the next callout that is due by `end`. @returns whether there was one */
  #runNext(end: number): boolean {
    const callout = this.queue.takeDue(end);
    if (callout === undefined) return false;
    this.#now = Math.max(this.#now, callout.deadline);
    if (this.#now !== this.#instant) {
      this.#instant = this.#now;
      this.#callsAtInstant = 0;
    }
    if (++this.#callsAtInstant > MAX_CALLOUTS_AT_ONE_INSTANT) {
      throw new RangeError(`callout ${callout.name} runs without end at ${this.#now} ms`);
    }
    callout.fn(this.#now - callout.deadline);
    return true;
  }
}

/** Resolves when all promise reactions that are ready, and those that they make ready, have run. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
