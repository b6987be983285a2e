import type { Clock } from './clock.js';

/** How long a slice of work may hold up everything else, in milliseconds. */
const MAX_SLICE_MS = 10;

/**
 * Work over hundreds of things, in slices: between two things it asks whether it has gone on for long, and if so lets
 * timers and sockets go first.
 *
 *     for (const thing of things) {
 *       if (slices.over) await slices.next();
 *       work(thing);
 *     }
 */
export class Slices {
  readonly #clock: Clock;
  #began: number;

  /** The first slice begins now. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#began = clock.now();
  }

  /** Whether this slice has lasted long enough. */
  get over(): boolean {
    return this.#clock.now() - this.#began >= MAX_SLICE_MS;
  }

  /** Ends this slice; resolves when the next one may begin. */
  async next(): Promise<void> {
    await this.#clock.nextTurn();
    this.#began = this.#clock.now();
  }
}
