/**
 * Decides which action runs when. Does no I/O: processes are behind `Spawner`, time is the kernel's clock.
 *
 * A run (a rule's actions for one record) is queued behind the earlier runs of its rule and starts when those have
 * ended. Different rules run concurrently, up to `devd.action.concurrency`; beyond that they take turns. When more than
 * `devd.action.queue` runs are queued, the rule with the longest queue loses its oldest run: a rule that hangs cannot
 * take the room of others.
 *
 * Nothing starts within `submit`: starting a process takes a millisecond or more, so it waits for the current turn of
 * the event loop to end, and each turn starts one process.
 *
 * @module
 */
import type { ActionRun } from './command.js';
import { Execution, type ExecutionServices } from './execution.js';

/** The runs of one rule. */
interface RuleQueue {
  readonly rule: string;
  readonly waiting: ActionRun[];
  /** Undefined while no run of the rule is running. */
  execution: Execution | undefined;
}

/** What the scheduler needs. */
export interface SchedulerServices extends ExecutionServices {
  /** Calls back in a later turn of the event loop. */
  readonly soon: (fn: () => void) => void;
}

/** Queues runs and starts them in order. */
export class ActionScheduler {
  readonly #services: SchedulerServices;
  readonly #rules = new Map<string, RuleQueue>();
  /** Rules with a run that may start, in order. */
  readonly #ready: RuleQueue[] = [];
  #running = 0;
  #waiting = 0;
  #starting = false;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(services: SchedulerServices) {
    this.#services = services;
    const { concurrency, queue } = services.tunables;
    concurrency.onChange(() => this.#wakeup());
    queue.onChange(() => this.#shorten());
  }

  /** Runs whose first action has started. */
  get running(): number {
    return this.#running;
  }

  /** Runs that are queued. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Queues a run. @returns false after `drain` was called */
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
    this.#shorten();
    this.#wakeup();
    return true;
  }

  /**
   * Accepts no more runs and waits for the rest for at most `ms`; then discards the queue and ends the running
   * commands. Resolves when none is left, or those that are left cannot be killed.
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

  #shorten(): void {
    while (this.#waiting > this.#services.tunables.queue.value) this.#dropOne();
  }

  #dropOne(): void {
    let longest: RuleQueue | undefined;
    for (const queue of this.#rules.values()) {
      if (longest === undefined || queue.waiting.length > longest.waiting.length) longest = queue;
    }
    if (longest === undefined) return;
    longest.waiting.shift();
    this.#waiting--;
    if (longest.waiting.length === 0 && longest.execution === undefined) {
      this.#ready.splice(this.#ready.indexOf(longest), 1);
      this.#forget(longest);
    }
    const { log, tunables } = this.#services;
    tunables.dropped.add();
    log
      .limited(`dropped ${longest.rule}`)
      .warning(`${longest.rule}: too many records are queued for its actions, the oldest is dropped`);
  }

  #abort(): void {
    const { log } = this.#services;
    log.warning(`actions: ${this.#running} running are ended, ${this.#waiting} queued are dropped`);
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
