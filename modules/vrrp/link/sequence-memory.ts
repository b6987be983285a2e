import * as v from 'valibot';
import type { StateStore } from '../../../core/store.js';

/** A difference from what was written that is worth another write, and how often it is written at most. */
const CHANGED_MS = 250;
const WRITE_MS = 10_000;
/** A trailer has 32 bits for seconds. */
const LAST_MS = (2 ** 32 - 1) * 1000;

const schema = v.object({
  /** The latest that is known to have been used, in ms since 1970. */
  time: v.number(),
  /** By how many ms it was ahead of the wall clock. */
  ahead: v.pipe(v.number(), v.minValue(0)),
});

/**
 * Keeps for a virtual router's next life how far its sequence is ahead of the wall clock, which was set back: that is written
 * when it has changed, and what was used last when a life ends. Where the clock is right nothing is written while it runs. The
 * next life begins beyond it: nobody is made to take an old word by that, and its own words are taken.
 */
export class SequenceMemory {
  readonly #store: StateStore;
  readonly #name: string;
  #ahead = 0;
  #writtenAt = Number.NEGATIVE_INFINITY;

  /** @param name under which it is kept; the same in the next life */
  constructor(store: StateStore, name: string) {
    this.#store = store;
    this.#name = name;
  }

  /** What the sequence of a new life must not be below, in ms since 1970. What a trailer has no room for was never sent. */
  floor(wall: number): number {
    const { success, output } = v.safeParse(schema, this.#store.read(this.#name));
    const floor = success ? Math.max(output.time + 1, wall + output.ahead) : wall;
    if (!success || floor > LAST_MS) return wall;
    this.#ahead = output.ahead;
    return floor;
  }

  /** @param now on the kernel's clock */
  note(time: number, wall: number, now: number): void {
    if (Math.abs(time - wall - this.#ahead) < CHANGED_MS || now - this.#writtenAt < WRITE_MS) return;
    this.#writtenAt = now;
    this.write(time, wall);
  }

  /** This life ends. */
  write(time: number, wall: number): void {
    this.#ahead = Math.max(0, time - wall);
    void this.#store.write(this.#name, { time, ahead: this.#ahead });
  }
}
