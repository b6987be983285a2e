import type { Callout, Clock } from '../../../core/index.js';

/** How long a socket rests, in milliseconds. */
const REST_MS = 1;
/** And while bursts are large: as long as a peer takes to send hundreds of packets. */
const CROWDED_REST_MS = 3;
/** Packets of one burst from which on the next one is expected to be as large. */
const CROWD = 16;

/**
 * Lets sockets rest while a burst arrives, as network drivers moderate interrupts. Those that rest at the same moment end
 * it together: the burst of a peer with hundreds of vhids is spread over its interfaces, and costs one timer.
 */
export class Moderation implements Disposable {
  #resting: (() => number)[] = [];
  readonly #end: Callout;
  /** Packets of the last burst. */
  #last = 0;

  constructor(clock: Clock) {
    this.#end = clock.callout('ifnet receive', () => this.#wake(this.#resting.splice(0)));
  }

  /** Whether the last burst was large, so that whatever comes is likely to be the first of as many. */
  get crowded(): boolean {
    return this.#last >= CROWD;
  }

  /** @param rested called when the rest is over: reads what has come, and returns how much */
  rest(rested: () => number): void {
    this.#resting.push(rested);
    if (!this.#end.pending) this.#end.reset(this.crowded ? CROWDED_REST_MS : REST_MS);
  }

  [Symbol.dispose](): void {
    this.#resting = [];
    this.#end[Symbol.dispose]();
  }

  #wake(resting: (() => number)[]): void {
    const failures: unknown[] = [];
    let count = 0;
    for (const rested of resting) {
      // One that throws does not leave the others resting for ever.
      try {
        count += rested();
      } catch (error) {
        failures.push(error);
      }
    }
    this.#last = count;
    if (failures.length > 0) throw failures[0];
  }
}
