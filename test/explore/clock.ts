import { type Callout, Clock } from '../../core/index.js';
import { CalloutQueue } from '../../core/time/callout-queue.js';

/** When the explored world began, in ms since 1970; any time would do. */
const EPOCH = Date.UTC(2026, 5, 1);

/** What all wall clocks of an explored world show then, in ms since 1970. */
export function wallTime(now: number): number {
  return EPOCH + now;
}

/** The one time of an explored world, in ms. It moves only when the search runs a timer. */
export interface WorldTime {
  now: number;
}

/**
 * Without the further rounds of an announcement: no election hears them, and each would be one more moment at which a
 * host can crash and a late advertisement arrive.
 */
class ElectionTimers extends CalloutQueue<Callout> {
  override arm(callout: Callout): void {
    if (!callout.name.startsWith('announce ')) super.arm(callout);
  }
}

/** A timer that runs, and until when. */
export interface ArmedTimer {
  readonly callout: Callout;
  readonly deadline: number;
}

/** The clock of one host, or of the wire: the search decides which of them is served next. */
export class ExploredClock extends Clock {
  protected override readonly queue = new ElectionTimers();

  constructor(private readonly time: WorldTime) {
    super();
  }

  override now(): number {
    return this.time.now;
  }

  override wallTime(): number {
    return wallTime(this.time.now);
  }

  /** What this host does next of its own accord. */
  get next(): { readonly name: string; readonly deadline: number } | undefined {
    return this.queue.earliest;
  }

  /** Runs that, at its deadline, or late if the time has come after it. */
  runNext(): void {
    const callout = this.queue.takeDue(Number.POSITIVE_INFINITY);
    if (callout === undefined) return;
    this.time.now = Math.max(this.time.now, callout.deadline);
    callout.fn(this.time.now - callout.deadline);
  }

  /** The timers that run, in the order in which they will be served. */
  capture(): readonly ArmedTimer[] {
    return this.queue.inOrder().map((callout) => ({ callout, deadline: callout.deadline }));
  }

  /** Has these timers run, and no others. */
  resume(timers: readonly ArmedTimer[]): void {
    for (const callout of this.queue.inOrder()) callout.stop();
    for (const { callout, deadline } of timers) callout.resetAt(deadline);
  }

  /** Whether anything should have run already. */
  get isLate(): boolean {
    const { next } = this;
    return next !== undefined && next.deadline < this.time.now;
  }
}
