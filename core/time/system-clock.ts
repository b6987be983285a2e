import type { Callout } from './callout.js';
import { CalloutQueue } from './callout-queue.js';
import { Clock, type LateReport } from './clock.js';
import { CalloutError } from './errors.js';
import { type EventTimer, type EventTimerMaker, TimeoutTimer } from './event-timer.js';

/** setTimeout counts in 31 bits of milliseconds; a later deadline is approached in steps. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The machine's monotonic clock. One timer serves all callouts: it is set for the earliest, and left alone when the
 * earliest moves to later (it then finds nothing due and is set anew), which is what happens each time a BACKUP hears its
 * master. It is the event loop's timer, until a driver gives a finer one.
 */
export class SystemClock extends Clock {
  protected override readonly queue = new CalloutQueue<Callout>(() => this.#arm());
  /** The timers that it was given, in order; the last one is in use. */
  readonly #timers: EventTimer[] = [new TimeoutTimer(() => this.#run())];
  /** When the timer expires; Infinity if it is not started. */
  #timerDeadline = Number.POSITIVE_INFINITY;
  #isRunning = false;

  readonly #origin: number;
  readonly #followers = new Set<{ readonly least: number; readonly report: LateReport }>();
  /** The least that any follower wants to know of. */
  #leastLate = Number.POSITIVE_INFINITY;

  /**
   * @param origin added to `performance.now()`, which counts from the start of the process: with the time of that start
   *   on the machine's own clock, two processes have one time
   */
  constructor(origin = 0) {
    super();
    this.#origin = origin;
  }

  override now(): number {
    return this.#origin + performance.now();
  }

  override wallTime(): number {
    return Date.now();
  }

  override nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      // Immediates run between sockets and timers: only from one to the next everything has had its turn.
      if (typeof setImmediate === 'function') setImmediate(() => setImmediate(resolve));
      else setTimeout(resolve, 0);
    });
  }

  override followLate(least: number, report: LateReport): Disposable {
    const follower = { least, report };
    const changed = (): void => {
      this.#leastLate = Math.min(...[...this.#followers].map((each) => each.least));
    };
    this.#followers.add(follower);
    changed();
    return {
      [Symbol.dispose]: () => {
        this.#followers.delete(follower);
        changed();
      },
    };
  }

  override useTimer(make: EventTimerMaker): Disposable {
    const timer = make(() => {
      if (timer === this.#timer) this.#run();
    });
    this.#exchange(() => this.#timers.push(timer));
    return {
      [Symbol.dispose]: () => {
        const index = this.#timers.indexOf(timer);
        if (index < 0) return;
        this.#exchange(() => this.#timers.splice(index, 1));
        timer[Symbol.dispose]();
      },
    };
  }

  get #timer(): EventTimer {
    return this.#timers[this.#timers.length - 1]!;
  }

  #exchange(change: () => void): void {
    this.#disarm();
    change();
    this.#arm();
  }

  /** Starts the timer for the earliest callout; while callouts run, their end does that once for all of them. */
  #arm(): void {
    if (this.#isRunning) return;
    const earliest = this.queue.earliest;
    if (earliest === undefined) {
      this.#disarm();
      return;
    }
    if (earliest.deadline >= this.#timerDeadline) return;
    this.#timerDeadline = earliest.deadline;
    const wait = earliest.deadline - this.now();
    this.#timer.start(Math.min(Math.max(wait, 0), MAX_TIMER_MS));
  }

  #disarm(): void {
    if (this.#timerDeadline === Number.POSITIVE_INFINITY) return;
    this.#timerDeadline = Number.POSITIVE_INFINITY;
    this.#timer.stop();
  }

  #run(): void {
    this.#timerDeadline = Number.POSITIVE_INFINITY;
    this.#isRunning = true;
    const { mark } = this.queue;
    const now = this.now();
    for (;;) {
      const callout = this.queue.takeDue(now, mark);
      if (callout === undefined) break;
      this.#call(callout);
    }
    this.#isRunning = false;
    this.#arm();
  }

  /**
   * A callout that throws must not take the others' deadlines with it; the error still ends the process. Errors of
   * modules' callouts do not get here: their scope reports them.
   */
  #call(callout: Callout): void {
    try {
      const late = Math.max(0, this.now() - callout.deadline);
      if (late >= this.#leastLate) this.#reportLate(callout, late);
      callout.fn(late);
    } catch (error) {
      queueMicrotask(() => {
        throw new CalloutError(callout.name, callout.owner?.name, error);
      });
    }
  }

  #reportLate(callout: Callout, late: number): void {
    for (const { least, report } of this.#followers) {
      try {
        if (late >= least) report(callout.info(), late);
      } catch (error) {
        // A report that fails is no fault of the callout, which is called all the same.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
