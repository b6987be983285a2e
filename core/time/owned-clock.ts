import { isThenable } from '../thenable.js';
import type { Callout, CalloutOwner } from './callout.js';
import { Clock, type LateReport } from './clock.js';
import { CalloutError } from './errors.js';
import type { EventTimerMaker } from './event-timer.js';

/** A callout's call whose promise has not settled. */
interface Running {
  readonly callout: Callout;
  readonly ended: Promise<void>;
}

/**
 * A clock as one owner sees it: the same time and the same queue, but every callout made of it is the owner's. Its
 * callouts may be async; their errors are reported, and the clock goes on. Closing stops them all.
 */
export class OwnedClock extends Clock {
  protected override readonly queue;
  readonly #clock: Clock;
  readonly #owner: CalloutOwner;
  readonly #failed: (error: CalloutError) => void;
  readonly #running = new Set<Running>();
  #closed = false;

  /** @param failed receives what callouts throw, and what the promises that they return reject with */
  constructor(clock: Clock, owner: CalloutOwner, failed: (error: CalloutError) => void) {
    super();
    this.#clock = clock;
    this.#owner = owner;
    this.#failed = failed;
    this.queue = this.queueOf(clock);
  }

  override get closed(): boolean {
    return this.#closed;
  }

  override now(): number {
    return this.#clock.now();
  }

  override wallTime(): number {
    return this.#clock.wallTime();
  }

  override nextTurn(): Promise<void> {
    return this.#clock.nextTurn();
  }

  override followLate(least: number, report: LateReport): Disposable {
    return this.#clock.followLate(least, report);
  }

  override useTimer(make: EventTimerMaker): Disposable {
    return this.#clock.useTimer(make);
  }

  override callout(name: string, fn: (late: number) => unknown): Callout {
    const callout: Callout = super.callout(name, (late) => this.#call(callout, fn, late), this.#owner);
    return callout;
  }

  /** callout_drain(9): resolves when the running calls of this callout, or of all, have ended. */
  async drain(callout?: Callout): Promise<void> {
    const running = [...this.#running].filter((call) => callout === undefined || call.callout === callout);
    await Promise.all(running.map(({ ended }) => ended));
  }

  /** Stops every callout of this owner for good. */
  close(): void {
    this.#closed = true;
    for (const callout of this.queue.filter(({ owner }) => owner === this.#owner)) callout.stop();
  }

  #call(callout: Callout, fn: (late: number) => unknown, late: number): void {
    if (this.#closed) return;
    try {
      const result = fn(late);
      if (isThenable(result)) this.#track(callout, result);
    } catch (error) {
      this.#fail(callout, error);
    }
  }

  #track(callout: Callout, result: PromiseLike<unknown>): void {
    const ended = Promise.resolve(result).then(
      () => void this.#running.delete(call),
      (error: unknown) => {
        this.#running.delete(call);
        this.#fail(callout, error);
      },
    );
    const call = { callout, ended };
    this.#running.add(call);
  }

  #fail({ name }: Callout, cause: unknown): void {
    this.#failed(new CalloutError(name, this.#owner.name, cause));
  }
}
