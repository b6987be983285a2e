/**
 * Which action runs when. Pure: processes are behind `Spawner`, time is the kernel's clock.
 *
 * A run (what one rule does for one record) is queued behind the earlier runs of its rule and starts when those have
 * ended. Different rules run side by side, up to `devd.action.concurrency`; when more want to, they take turns. When
 * `devd.action.queue` runs wait, the rule that has the most of them loses its oldest: a rule that hangs cannot take
 * the others' room.
 *
 * Nothing starts within `submit`: starting a process takes a millisecond or more, and comes after whatever else the
 * running turn of the event loop has to do, one process a turn.
 */

import type { ActionRun } from './command.js';
import { Execution, type ExecutionServices } from './execution.js';

/** The runs of one rule. */
interface RuleQueue {
  readonly rule: string;
  readonly waiting: ActionRun[];
  /** Undefined while it waits for its turn. */
  execution: Execution | undefined;
}

export interface SchedulerServices extends ExecutionServices {
  /** Calls back in a later turn of the event loop. */
  readonly soon: (fn: () => void) => void;
}

export class ActionScheduler {
  readonly #services: SchedulerServices;
  readonly #rules = new Map<string, RuleQueue>();
  /** Rules whose turn it is, in order. */
  readonly #ready: RuleQueue[] = [];
  #running = 0;
  #waiting = 0;
  #starting = false;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(services: SchedulerServices) {
    this.#services = services;
  }

  /** Runs whose first action has started. */
  get running(): number {
    return this.#running;
  }

  /** Runs that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Queues a run. @returns false when it is not taken, because the end has begun */
  submit(run: ActionRun): boolean {
    if (this.#closed) return false;
    if (run.commands.length === 0) return true;
    let queue = this.#rules.get(run.rule);
    if (queue === undefined) {
      queue = { rule: run.rule, waiting: [], execution: undefined };
      this.#rules.set(run.rule, queue);
      this.#ready.push(queue);
    }
    queue.waiting.push(run);
    this.#waiting++;
    if (this.#waiting > this.#services.tunables.queue.value) this.#dropOne();
    this.#wakeup();
    return true;
  }

  /**
   * Takes nothing more and lets everything run to its end, for at most `ms`; then gives up what waits and ends what
   * runs. Resolves when nothing runs any more, or cannot even be killed.
   */
  async drain(ms: number): Promise<void> {
    this.#closed = true;
    const { clock, log, tunables } = this.#services;
    using deadline = clock.callout('drain of actions', () => this.#abort());
    using unkillable = clock.callout('end of actions', () => {
      log.error(`actions: ${this.#running} cannot be killed and are left behind`);
      this.#resolveIdle();
    });
    deadline.reset(ms);
    unkillable.reset(ms + tunables.grace.value + 1000);
    if (this.#rules.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #wakeup(): void {
    if (this.#starting || this.#ready.length === 0) return;
    if (this.#running >= this.#services.tunables.concurrency.value) return;
    this.#starting = true;
    this.#services.soon(() => {
      this.#starting = false;
      this.#startNext();
      this.#wakeup();
    });
  }

  #startNext(): void {
    const queue = this.#ready.shift();
    const run = queue?.waiting.shift();
    if (queue === undefined || run === undefined) return;
    this.#waiting--;
    this.#running++;
    queue.execution = new Execution(run, this.#services, () => this.#ended(queue));
    queue.execution.start();
  }

  #ended(queue: RuleQueue): void {
    this.#running--;
    queue.execution = undefined;
    if (queue.waiting.length > 0) this.#ready.push(queue);
    else this.#forget(queue);
    this.#wakeup();
  }

  #forget(queue: RuleQueue): void {
    this.#rules.delete(queue.rule);
    if (this.#rules.size === 0) this.#resolveIdle();
  }

  #dropOne(): void {
    let longest: RuleQueue | undefined;
    for (const queue of this.#rules.values()) {
      if (longest === undefined || queue.waiting.length > longest.waiting.length) longest = queue;
    }
    if (longest === undefined) return;
    longest.waiting.shift();
    this.#waiting--;
    const { log, tunables } = this.#services;
    tunables.dropped.add();
    log
      .limited(`dropped ${longest.rule}`)
      .warning(`${longest.rule}: too many records wait for its actions, the oldest is left out`);
  }

  #abort(): void {
    const { log } = this.#services;
    log.warning(`actions: ${this.#running} are ended and ${this.#waiting} given up`);
    this.#ready.length = 0;
    this.#waiting = 0;
    for (const queue of this.#rules.values()) {
      queue.waiting.length = 0;
      if (queue.execution === undefined) this.#forget(queue);
      else queue.execution.abort();
    }
  }

  #resolveIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
