import * as v from 'valibot';
import type { StateStore } from '../../../core/store.js';
import type { Prefetched } from '../../ifnet/index.js';
import { SEAL_EPOCH, SEAL_UNIT_MS } from './format.js';
import type { RememberedSequence } from './sequence.js';

/** A difference from what was written that is worth another write. */
const CHANGED_MS = 250;
/** How often that is looked at, and how often it is written at most. */
const LOOK_MS = 1000;
const WRITE_MS = 10_000;

const schema = v.object({
  fingerprint: v.number(),
  sequence: v.pipe(v.number(), v.integer(), v.minValue(0)),
  wall: v.number(),
});

/**
 * Keeps a vhid's sequence for its next life. The sequence goes on with time, and so does the wall clock: what is written
 * is how the two were related, and it is written again only when that has changed by a quarter of a second, at most
 * every ten seconds.
 */
export class SealMemory implements Prefetched {
  #ahead: number | undefined;
  #lookAt = Number.NEGATIVE_INFINITY;

  /** @param name under which it is kept; the same in the next life */
  constructor(
    private readonly store: StateStore,
    private readonly name: string,
  ) {}

  /** @param fingerprint of the seals' key: what was written under another password is worth nothing */
  read(fingerprint: number): RememberedSequence | undefined {
    const result = v.safeParse(schema, this.store.read(this.name));
    if (!result.success || result.output.fingerprint !== fingerprint) return undefined;
    this.#ahead = ahead(result.output);
    return result.output;
  }

  /** What was written counts no more. */
  forget(): void {
    this.#ahead = undefined;
    this.#lookAt = Number.NEGATIVE_INFINITY;
  }

  prefetch(): number {
    return Number(this.#lookAt > 0);
  }

  /** Whether it may be time to write; `now` on the kernel's clock. */
  isDue(now: number): boolean {
    return now >= this.#lookAt;
  }

  /** Writes it if it has changed. */
  note(fingerprint: number, remembered: RememberedSequence, now: number): void {
    this.#lookAt = now + LOOK_MS;
    if (this.#ahead !== undefined && Math.abs(ahead(remembered) - this.#ahead) < CHANGED_MS) return;
    this.#lookAt = now + WRITE_MS;
    this.write(fingerprint, remembered);
  }

  /** Writes it: this life ends. */
  write(fingerprint: number, { sequence, wall }: RememberedSequence): void {
    this.#ahead = ahead({ sequence, wall });
    void this.store.write(this.name, { fingerprint, sequence, wall });
  }
}

/** By how much the sequence is ahead of the wall clock, in ms. */
function ahead({ sequence, wall }: RememberedSequence): number {
  return SEAL_EPOCH + sequence * SEAL_UNIT_MS - wall;
}
