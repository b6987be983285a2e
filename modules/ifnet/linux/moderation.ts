import type { Callout, Clock } from '../../../core/index.js';

/** How long a socket rests, in milliseconds. */
const REST_MS = 1;

/**
 * Lets sockets rest while a burst arrives, as network drivers moderate interrupts. Those that rest at the same moment end
 * it together: the burst of a peer with hundreds of vhids is spread over its interfaces, and costs one timer.
 */
export class Moderation implements Disposable {
  #resting: (() => void)[] = [];
  readonly #end: Callout;

  constructor(clock: Clock) {
    this.#end = clock.callout('ifnet receive', () => this.#wake(this.#resting.splice(0)));
  }

  /** Calls `rested` a millisecond from now, or sooner with those that rest already. */
  rest(rested: () => void): void {
    this.#resting.push(rested);
    if (!this.#end.pending) this.#end.reset(REST_MS);
  }

  [Symbol.dispose](): void {
    this.#resting = [];
    this.#end[Symbol.dispose]();
  }

  /** One that throws does not leave the others resting for ever. */
  #wake(resting: (() => void)[]): void {
    const rested = resting.shift();
    if (rested === undefined) return;
    try {
      rested();
    } finally {
      this.#wake(resting);
    }
  }
}
