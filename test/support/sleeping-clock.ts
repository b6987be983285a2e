import { type Callout, Clock, VirtualClock } from '../../core/index.js';
import { CalloutQueue } from '../../core/time/callout-queue.js';

/**
 * The clock of a machine that can be suspended: it stands still meanwhile, as CLOCK_MONOTONIC does, and its callouts wait.
 * The wall clock goes on.
 */
export class SleepingClock extends Clock {
  protected override readonly queue = new CalloutQueue<Callout>(() => this.#arm());
  readonly #world: VirtualClock;
  readonly #wake: Callout;
  /** When the world's clock showed that it fell asleep. */
  #asleepAt: number | undefined;
  /** For how long it has slept before, in ms. */
  #slept = 0;

  constructor(world: VirtualClock) {
    super();
    this.#world = world;
    this.#wake = world.callout('a machine that can sleep', () => this.#run());
  }

  override now(): number {
    return (this.#asleepAt ?? this.#world.now()) - this.#slept;
  }

  override wallTime(): number {
    return this.#world.wallTime();
  }

  suspend(): void {
    this.#asleepAt = this.#world.now();
    this.#wake.stop();
  }

  /** @returns for how many ms it has slept */
  resume(): number {
    const slept = this.#world.now() - this.#asleepAt!;
    this.#slept += slept;
    this.#asleepAt = undefined;
    this.#arm();
    return slept;
  }

  #run(): void {
    for (;;) {
      const callout = this.queue.takeDue(this.now());
      if (callout === undefined) break;
      callout.fn(this.now() - callout.deadline);
    }
    this.#arm();
  }

  #arm(): void {
    const { earliest } = this.queue;
    if (earliest === undefined || this.#asleepAt !== undefined) this.#wake.stop();
    else this.#wake.resetAt(Math.max(earliest.deadline + this.#slept, this.#world.now()));
  }
}

/** The clock of a machine by itself, whose sleeps only the wall clock shows. */
export class SleeperClock extends VirtualClock {
  /** For how long it has slept, in ms. */
  slept = 0;

  override wallTime(): number {
    return super.wallTime() + this.slept;
  }
}
