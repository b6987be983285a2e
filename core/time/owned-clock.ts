import type { Callout, CalloutOwner } from './callout.js';
import { Clock } from './clock.js';

/** A clock as one owner sees it: the same time and the same queue, and every callout made of it is the owner's. */
export class OwnedClock extends Clock {
  protected override readonly queue;
  readonly #clock: Clock;
  readonly #owner: CalloutOwner;

  constructor(clock: Clock, owner: CalloutOwner) {
    super();
    this.#clock = clock;
    this.#owner = owner;
    this.queue = this.queueOf(clock);
  }

  override now(): number {
    return this.#clock.now();
  }

  override wallTime(): number {
    return this.#clock.wallTime();
  }

  override callout(name: string, fn: (late: number) => void, owner: CalloutOwner = this.#owner): Callout {
    return super.callout(name, fn, owner);
  }
}
