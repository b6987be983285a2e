import { type Clock, SystemClock, VirtualClock } from '../../../core/index.js';

/** How the demonstration lets time pass: it waits, or moves a virtual clock. */
export abstract class Pace {
  abstract readonly clock: Clock;

  /** Lets `ms` milliseconds pass. */
  abstract run(ms: number): Promise<void>;

  /** Lets time pass until the condition holds. @throws Error if it does not within `limit` ms */
  async until(condition: () => boolean, what: string, limit = 8000): Promise<void> {
    const end = this.clock.now() + limit;
    while (!condition()) {
      if (this.clock.now() >= end)
        throw new Error(`the demonstration waited ${limit} ms in vain until ${what}`);
      await this.run(5);
    }
  }
}

/** Waits. */
export class RealPace extends Pace {
  readonly clock = new SystemClock();

  run(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.callout('demo', () => resolve()).reset(ms));
  }
}

/** Moves a virtual clock. */
export class FastPace extends Pace {
  readonly clock = new VirtualClock();

  run(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }
}
