import type { Clock } from '../../core/index.js';
import type { WorkerLimits } from './options.js';

/** Counts restarts, and says when there are too many. */
export class Restarts {
  readonly #clock: Clock;
  readonly #policy: WorkerLimits['restart'];
  #times: number[] = [];
  #count = 0;

  constructor(clock: Clock, policy: WorkerLimits['restart']) {
    this.#clock = clock;
    this.#policy = policy;
  }

  /** Since the module was loaded. */
  get count(): number {
    return this.#count;
  }

  /** @returns which restart within the window this is; undefined when the policy allows no more */
  next(): number | undefined {
    const now = this.#clock.now();
    this.#times = this.#times.filter((time) => now - time < this.#policy.withinMs);
    if (this.#times.length >= this.#policy.max) return undefined;
    this.#times.push(now);
    this.#count++;
    return this.#times.length;
  }
}
