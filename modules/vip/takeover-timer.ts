import type { Callout, Clock } from '../../core/time/index.js';
import type { Prefetched } from '../ifnet/index.js';

/** Long enough for everything that runs for the first time, short enough that it is still in the caches. */
const REHEARSAL_MS = 50;
/** A shorter wait leaves no time to rehearse. */
const MIN_WAIT_MS = 4 * REHEARSAL_MS;

/** What is to be done when the time comes. */
export interface TakeoverTimerOwner {
  /** The timer's name, as the clock shows it. */
  name(): string;
  /** The master is about to be taken for dead. */
  rehearse(): void;
  /** The master is to be taken for dead, `late` ms after the deadline. */
  expired(late: number): void;
}

/**
 * A protocol's master-down timer. Shortly before its deadline it has the takeover rehearsed: that runs once in months, and
 * what is compiled only when the master is dead makes the successor late by milliseconds.
 */
export class TakeoverTimer implements Disposable, Prefetched {
  readonly #clock: Clock;
  readonly #owner: TakeoverTimerOwner;
  /** Made when it is first armed: most vhids have one family. */
  #callout: Callout | undefined;
  #deadline = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, owner: TakeoverTimerOwner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  /** Whether it waits. */
  get pending(): boolean {
    return this.#callout?.pending === true;
  }

  /** When it is due, on the kernel's clock in ms; the last one if it is not armed. */
  get deadline(): number {
    return this.#deadline;
  }

  /** Waits until then, whether it waited before or not. @param now on the same clock */
  arm(deadline: number, now = this.#clock.now()): void {
    this.#deadline = deadline;
    this.#callout ??= this.#make();
    const rehearses = deadline - now >= MIN_WAIT_MS;
    this.#callout.resetAt(rehearses ? deadline - REHEARSAL_MS : deadline);
  }

  /** Reads what `arm` needs: see {@link Prefetched}. */
  prefetch(): number {
    return Number(this.#deadline > (this.#callout?.deadline ?? 0));
  }

  /** Does not wait any more. */
  stop(): void {
    this.#callout?.stop();
  }

  [Symbol.dispose](): void {
    this.#callout?.[Symbol.dispose]();
  }

  #make(): Callout {
    const callout = this.#clock.callout(this.#owner.name(), (late) => {
      if (callout.deadline >= this.#deadline) return this.#owner.expired(late);
      callout.resetAt(this.#deadline);
      this.#owner.rehearse();
    });
    return callout;
  }
}
