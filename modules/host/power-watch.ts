import type { Callout, Counter, EventHandlerList, Log } from '../../core/index.js';

/** Polling interval, in milliseconds: power_resume follows a resume within it. */
const CHECK_INTERVAL_MS = 1000;
/** Anything shorter is not a sleep, in milliseconds; one of the clocks may be exact to ten milliseconds only. */
const MIN_SLEEP_MS = 100;

/** What a PowerWatch works with. */
export interface PowerWatchOptions {
  /** The time for which this machine has slept since boot, in milliseconds. */
  readonly sleptSinceBoot: () => number;
  readonly list: EventHandlerList<[slept: number]>;
  readonly count: Counter;
  readonly callout: (name: string, fn: () => void) => Callout;
  readonly log: Log;
}

/**
 * Detects that the machine has slept. Linux announces a sleep only to those who ask logind; afterwards it shows, because
 * CLOCK_BOOTTIME went on during the sleep and CLOCK_MONOTONIC did not. A callout compares them: it is one of the first
 * things to run after a resume. To compare at once, call {@link check}.
 *
 * Known not to work: in a virtual machine that was paused or restored from a snapshot neither clock moves.
 */
export class PowerWatch implements Disposable {
  readonly #options: PowerWatchOptions;
  readonly #callout: Callout;
  #slept: number;

  constructor(options: PowerWatchOptions) {
    this.#options = options;
    this.#slept = options.sleptSinceBoot();
    this.#callout = options.callout('power check', () => {
      this.#callout.reset(CHECK_INTERVAL_MS);
      this.check();
    });
    this.#callout.reset(CHECK_INTERVAL_MS);
  }

  /** Compares now, and invokes power_resume if the machine has slept since the last time. @returns for how many ms */
  check(): number {
    const now = this.#options.sleptSinceBoot();
    const slept = now - this.#slept;
    if (slept < MIN_SLEEP_MS) return 0;
    this.#slept = now;
    this.#options.count.add();
    this.#options.log.notice(`the machine slept for ${(slept / 1000).toFixed(1)} s`);
    this.#options.list.invoke(slept);
    return slept;
  }

  [Symbol.dispose](): void {
    this.#callout.stop();
  }
}
