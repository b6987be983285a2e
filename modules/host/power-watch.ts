/**
 * Notices that the machine slept. Linux tells nobody in advance but those who ask logind; afterwards it shows: its
 * CLOCK_BOOTTIME went on during the sleep and CLOCK_MONOTONIC did not. A callout compares them, since it is one of the
 * first things to run after a resume; whoever cannot wait for it calls {@link check}.
 *
 * A virtual machine that was paused or restored from a snapshot sees neither clock move, and so reports nothing.
 */
import type { Callout, Counter, EventHandlerList, Log } from '../../core/index.js';

/** How often to look, in milliseconds: the latest that power_resume comes after a resume. */
const CHECK_INTERVAL = 1000;
/** The least that counts as sleep, ms; the clocks' reading is ten milliseconds coarse. */
const SHORTEST_SLEEP = 100;

export interface PowerWatchOptions {
  /** How long this machine has slept since it was booted, in milliseconds. */
  readonly sleptSinceBoot: () => number;
  readonly list: EventHandlerList<[slept: number]>;
  readonly count: Counter;
  readonly callout: (name: string, fn: () => void) => Callout;
  readonly log: Log;
}

export class PowerWatch implements Disposable {
  readonly #options: PowerWatchOptions;
  readonly #callout: Callout;
  #slept: number;

  constructor(options: PowerWatchOptions) {
    this.#options = options;
    this.#slept = options.sleptSinceBoot();
    this.#callout = options.callout('power check', () => {
      this.#callout.reset(CHECK_INTERVAL);
      this.check();
    });
    this.#callout.reset(CHECK_INTERVAL);
  }

  /** Looks now; invokes power_resume when the machine has slept since the last look. @returns for how many ms */
  check(): number {
    const now = this.#options.sleptSinceBoot();
    const slept = now - this.#slept;
    if (slept < SHORTEST_SLEEP) return 0;
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
