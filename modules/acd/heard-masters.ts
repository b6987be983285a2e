import type { Clock } from '../../core/index.js';
import type { CarpVhid } from '../carp/index.js';

/** Advertisements may be lost: a MASTER counts as heard for so many of its intervals. */
const INTERVALS = 3;

/** Which vhids, MASTER themselves, have heard another MASTER lately: who yields is CARP's business. */
export class HeardMasters {
  readonly #until = new WeakMap<CarpVhid, number>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param interval of the other MASTER's advertisements, in milliseconds */
  heard(vhid: CarpVhid, interval: number): void {
    this.#until.set(vhid, this.#clock.now() + INTERVALS * interval);
  }

  lately(vhid: CarpVhid): boolean {
    return (this.#until.get(vhid) ?? Number.NEGATIVE_INFINITY) > this.#clock.now();
  }

  forget(vhid: CarpVhid): void {
    this.#until.delete(vhid);
  }
}
