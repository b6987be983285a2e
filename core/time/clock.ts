/**
 * @module
 * All times are milliseconds, fractional where the source is finer. Nothing outside this folder asks the machine
 * for the time or sets a timer; a module gets its kernel's clock and makes callouts of it. So a protocol runs
 * unchanged on the system clock, and on a virtual clock that moves only when a test or a simulation moves it.
 *
 * Both clocks keep their callouts in one queue, ordered by deadline and, among equals, by the order in which they
 * were armed. A callout may arm, re-arm and stop any callout, itself included.
 */
import { Callout, type CalloutInfo, type CalloutOwner } from './callout.js';
import type { CalloutQueue } from './callout-queue.js';
import type { EventTimerMaker } from './event-timer.js';

/** Receives a callout that runs late, and by how much, in milliseconds. */
export type LateReport = (callout: CalloutInfo, late: number) => void;

/** Time as everything above it sees it: a monotonic now, a wall time for stamps, and callouts. */
export abstract class Clock {
  /** Milliseconds since a fixed point in the past; never steps back, not even when the wall clock is set. */
  abstract now(): number;

  /** Milliseconds since 1970-01-01 UTC: for stamps on records and log lines, never for deadlines. */
  abstract wallTime(): number;

  /** @internal Whether its owner has ended: its callouts are stopped for good. */
  get closed(): boolean {
    return false;
  }

  /** @internal The queue in which this clock's callouts wait. */
  protected abstract readonly queue: CalloutQueue<Callout>;

  /**
   * callout_init(9): a callout that is not armed yet.
   *
   * @param name what it is for, shown when it misbehaves and by introspection: `carp 1@eth0 master-down`
   * @param fn called once for each time it was armed, with how late it runs in milliseconds (never negative)
   * @param owner shown with it by {@link callouts}
   */
  callout(name: string, fn: (late: number) => void, owner?: CalloutOwner): Callout {
    return new Callout(this, this.queue, name, fn, owner);
  }

  /**
   * The armed callouts, in the order in which they will be called: what this clock's world is waiting for. Where
   * several kernels share a clock, it lists those of all of them.
   *
   * @param of decides which to list; default all
   */
  callouts(of: (owner: CalloutOwner | undefined) => boolean = () => true): CalloutInfo[] {
    return this.queue
      .inOrder()
      .filter(({ owner }) => of(owner))
      .map((callout) => callout.info());
  }

  /**
   * Resolves when everything else that is due has had its turn: timers, sockets. A clock on which no time passes
   * meanwhile has nothing to wait for.
   */
  async nextTurn(): Promise<void> {}

  /**
   * Reports each callout that runs so many milliseconds late or more, when it is about to be called, until disposed. On a
   * clock that moves only when told to, none is late.
   */
  followLate(_least: number, _report: LateReport): Disposable {
    return { [Symbol.dispose]: () => undefined };
  }

  /**
   * Has this clock woken by such a timer, until disposed; the timer given last is the one in use. No-op on a clock that
   * needs no timer: one that moves only when told to.
   */
  useTimer(_make: EventTimerMaker): Disposable {
    return { [Symbol.dispose]: () => undefined };
  }

  /** How many callouts are armed. */
  get armed(): number {
    return this.queue.size;
  }

  /** @internal For a clock that passes another one on. */
  protected queueOf(clock: Clock): CalloutQueue<Callout> {
    return clock.queue;
  }
}
