import type { Clock } from '../../../core/time/index.js';
import type { VrrpOutputState } from '../handover/schema.js';
import type { VrrpSequence } from '../wire/trailer.js';
import type { SequenceMemory } from './sequence-memory.js';

/**
 * The sequence of a virtual router's own trailers: greater each time.
 *
 * It is the host's wall clock, which it follows forward alone: a host may have started with one that was behind, and peers
 * remember what it said in a former life. When that clock is set back the kernel's monotonic one goes on, for as long as this
 * process and its successors live; a later life goes on from what this one has kept for it.
 */
export class OwnSequence {
  readonly #clock: Pick<Clock, 'now' | 'wallTime'>;
  readonly #memory: SequenceMemory;
  /** The latest, in ms since 1970, and when on the kernel's clock. */
  #time = 0;
  #at = 0;
  #counter = 0;

  constructor(clock: Pick<Clock, 'now' | 'wallTime'>, memory: SequenceMemory) {
    this.#clock = clock;
    this.#memory = memory;
  }

  next(): VrrpSequence {
    const now = this.#clock.now();
    const wall = this.#clock.wallTime();
    this.#time = this.#time === 0 ? this.#memory.floor(wall) : this.#timeAt(now, wall);
    this.#at = now;
    this.#memory.note(this.#time, wall, now);
    this.#counter = (this.#counter + 1) & 0xffff;
    return {
      seconds: Math.floor(this.#time / 1000),
      fraction: Math.floor(((this.#time % 1000) * 65_536) / 1000),
      counter: this.#counter,
    };
  }

  /** No successor goes on with it. A predecessor may: where this one has only stood by, that has gone further meanwhile. */
  end(): void {
    const wall = this.#clock.wallTime();
    if (this.#time > 0) this.#memory.write(this.#timeAt(this.#clock.now(), wall), wall);
  }

  capture(): Pick<VrrpOutputState, 'counter' | 'sequence'> {
    return { counter: this.#counter, sequence: { time: this.#time, at: this.#at } };
  }

  adopt({ counter, sequence: { time, at } }: Pick<VrrpOutputState, 'counter' | 'sequence'>): void {
    this.#counter = counter;
    this.#time = time;
    this.#at = at;
  }

  #timeAt(now: number, wall: number): number {
    return Math.max(wall, this.#time + now - this.#at);
  }
}
