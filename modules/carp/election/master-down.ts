import type { Callout, Clock } from '../../../core/time/index.js';

/** Long enough for everything that runs for the first time, short enough that it is still in the caches. */
const REHEARSAL_MS = 50;
/** A shorter wait leaves no time to rehearse. */
const MIN_WAIT_MS = 4 * REHEARSAL_MS;

/**
 * The master-down timer of one family. Shortly before its deadline it has the takeover rehearsed: that runs once in months,
 * and what is compiled only when the master is dead makes the successor late by milliseconds.
 */
export class MasterDownTimer {
  readonly #clock: Clock;
  readonly #callout: Callout;
  #deadline = Number.POSITIVE_INFINITY;

  /**
   * @param rehearse the master is about to be taken for dead
   * @param expired it is, `late` ms after the deadline
   */
  constructor(clock: Clock, name: string, rehearse: () => void, expired: (late: number) => void) {
    this.#clock = clock;
    this.#callout = clock.callout(name, (late) => {
      if (this.#callout.deadline >= this.#deadline) return expired(late);
      this.#callout.resetAt(this.#deadline);
      rehearse();
    });
  }

  get pending(): boolean {
    return this.#callout.pending;
  }

  /** When it is due, on the kernel's clock; the last one if it is not armed. */
  get deadline(): number {
    return this.#deadline;
  }

  arm(deadline: number, now = this.#clock.now()): void {
    this.#deadline = deadline;
    const rehearses = deadline - now >= MIN_WAIT_MS;
    this.#callout.resetAt(rehearses ? deadline - REHEARSAL_MS : deadline);
  }

  stop(): void {
    this.#callout.stop();
  }
}
