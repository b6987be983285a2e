import type { Clock, Log, SysctlMaker } from '../../../core/index.js';
import type { ChildUser } from '../../programs/index.js';
import type { ActionRun } from './command.js';
import { ActionScheduler } from './scheduler.js';
import { Shell } from './shell.js';
import { actionTunables } from './tunables.js';

/** What an {@link ActionRunner} needs, and as whom it runs actions. */
export interface ActionRunnerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly sysctl: SysctlMaker;
  readonly user?: ChildUser | undefined;
}

/** Runs the actions of a devd: the scheduler with real processes. Its limits are the sysctls devd.action.*. */
export class ActionRunner implements AsyncDisposable {
  readonly #shell: Shell;
  readonly #scheduler: ActionScheduler;

  constructor({ clock, log, sysctl, user }: ActionRunnerOptions) {
    this.#shell = new Shell(log, user);
    this.#scheduler = new ActionScheduler({
      clock,
      log,
      tunables: actionTunables(sysctl),
      spawner: this.#shell,
      soon: (fn) => void setImmediate(fn),
    });
  }

  /** Queues a run; returns at once. @returns false after `stop` was called */
  submit(run: ActionRun): boolean {
    return this.#scheduler.submit(run);
  }

  /** Runs whose first action has started. */
  get running(): number {
    return this.#scheduler.running;
  }

  /** Runs that are queued. */
  get waiting(): number {
    return this.#scheduler.waiting;
  }

  /**
   * Accepts no more runs; waits for those submitted for at most `ms`, then ends them (SIGTERM, and SIGKILL after
   * devd.action.grace). Processes that actions left in the background live on.
   */
  async stop(ms: number): Promise<void> {
    await this.#scheduler.drain(ms);
    await this.#shell.readOut();
    this.#shell[Symbol.dispose]();
  }

  /** `stop` without waiting. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop(0);
  }
}
