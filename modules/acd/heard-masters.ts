import type { Clock } from '../../core/index.js';
import type { Vip } from '../vip/index.js';

/** Advertisements may be lost: a MASTER counts as heard for so many of its intervals. */
const INTERVALS = 3;

/** Which vhids, MASTER themselves, have heard another MASTER lately: who yields is the protocol's business. */
export class HeardMasters {
  readonly #until = new WeakMap<Vip, number>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param interval of the other MASTER's advertisements, in milliseconds */
  heard(vhid: Vip, interval: number): void {
    this.#until.set(vhid, this.#clock.now() + INTERVALS * interval);
  }

  lately(vhid: Vip): boolean {
    return (this.#until.get(vhid) ?? Number.NEGATIVE_INFINITY) > this.#clock.now();
  }

  forget(vhid: Vip): void {
    this.#until.delete(vhid);
  }
}
