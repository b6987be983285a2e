import { type Callout, Clock } from '../../core/index.js';
import { CalloutQueue } from '../../core/time/callout-queue.js';

/** When the explored world began, in ms since 1970; any time would do. */
const EPOCH = Date.UTC(2026, 5, 1);

/** The one time of an explored world, in ms. It moves only when the search runs a timer. */
export interface WorldTime {
  now: number;
}

/** The clock of one host, or of the wire: the search decides which of them is served next. */
export class ExploredClock extends Clock {
  protected override readonly queue = new CalloutQueue<Callout>();

  constructor(private readonly time: WorldTime) {
    super();
  }

  override now(): number {
    return this.time.now;
  }

  override wallTime(): number {
    return EPOCH + this.time.now;
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

  /** Whether anything should have run already. */
  get isLate(): boolean {
    const { next } = this;
    return next !== undefined && next.deadline < this.time.now;
  }
}
