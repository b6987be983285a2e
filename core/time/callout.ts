import type { CalloutQueue, HeapEntry } from './callout-queue.js';

/** Who made a callout: a module's scope, mostly. */
export interface CalloutOwner {
  readonly name: string;
}

/** An armed callout, as `Clock.callouts` shows it. */
export interface CalloutInfo {
  readonly name: string;
  /** The module that made it; absent for one that was made on the bare clock. */
  readonly owner?: string;
  /** When it is due, on its clock's `now`, in milliseconds. */
  readonly deadline: number;
}

/** The clock that a callout was made of. */
interface CalloutClock {
  readonly closed: boolean;
  now(): number;
}

/** callout(9): a function to be called once at a deadline, re-armable without limit. */
export class Callout implements HeapEntry, Disposable {
  readonly name: string;
  readonly owner: CalloutOwner | undefined;
  /** @internal Place in the queue's heap, -1 while not armed. */
  heapIndex = -1;
  /** @internal When it was armed relative to others: keeps equal deadlines in order. */
  sequence = 0;
  /** @internal Called when it is disposed of, so that its scope can forget it. */
  disposed: (() => void) | undefined = undefined;
  /** @internal */
  readonly fn: (late: number) => void;

  readonly #clock: CalloutClock;
  readonly #queue: CalloutQueue<Callout>;
  #deadline = Number.POSITIVE_INFINITY;
  #disposed = false;

  /** Made by `Clock.callout`. */
  constructor(
    clock: CalloutClock,
    queue: CalloutQueue<Callout>,
    name: string,
    fn: (late: number) => void,
    owner?: CalloutOwner,
  ) {
    this.#clock = clock;
    this.#queue = queue;
    this.name = name;
    this.fn = fn;
    this.owner = owner;
  }

  /** callout_pending(9): armed and not yet called. */
  get pending(): boolean {
    return this.heapIndex >= 0;
  }

  /** When it is due, on its clock's `now`; the last one if it is not armed, Infinity if it never was. */
  get deadline(): number {
    return this.#deadline;
  }

  /**
   * callout_reset(9): due in `ms` milliseconds from now, whether it was armed or not.
   *
   * @param ms zero or more; zero means in the clock's next round, never within this call
   */
  reset(ms: number): void {
    this.resetAt(this.#clock.now() + ms);
  }

  /** Due at `deadline` on the clock's `now`. A deadline in the past is due at once, and counts as late. */
  resetAt(deadline: number): void {
    if (this.#disposed || this.#clock.closed) return;
    if (Number.isNaN(deadline)) throw new RangeError(`callout ${this.name}: the deadline is not a number`);
    this.#deadline = deadline;
    this.#queue.arm(this);
  }

  /** callout_stop(9). @returns whether it was armed, so that the call was prevented */
  stop(): boolean {
    return this.#queue.disarm(this);
  }

  /** Name, owner and deadline, for people and for JSON. */
  info(): CalloutInfo {
    const { name, owner, deadline } = this;
    return { name, ...(owner === undefined ? {} : { owner: owner.name }), deadline };
  }

  /** callout_drain(9): stops it for good, so that nothing which outlives its owner arms it again. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.stop();
    this.disposed?.();
  }
}
