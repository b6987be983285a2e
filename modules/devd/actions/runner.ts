import type { Clock, Log, SysctlMaker } from '../../../core/index.js';
import type { ActionRun } from './command.js';
import { ActionScheduler } from './scheduler.js';
import { Shell } from './shell.js';
import { actionTunables } from './tunables.js';

/** The actions of a devd: the scheduler with the real shell behind it. Its limits are the sysctls devd.action.*. */
export class ActionRunner implements AsyncDisposable {
  readonly #shell: Shell;
  readonly #scheduler: ActionScheduler;

  constructor({ clock, log, sysctl }: { clock: Clock; log: Log; sysctl: SysctlMaker }) {
    this.#shell = new Shell(log);
    this.#scheduler = new ActionScheduler({
      clock,
      log,
      tunables: actionTunables(sysctl),
      spawner: this.#shell,
      soon: (fn) => void setImmediate(fn),
    });
  }

  /** Queues what a rule does for a record; returns at once. @returns false when the end has begun */
  submit(run: ActionRun): boolean {
    return this.#scheduler.submit(run);
  }

  /** Runs whose first action has started. */
  get running(): number {
    return this.#scheduler.running;
  }

  /** Runs that wait for their turn. */
  get waiting(): number {
    return this.#scheduler.waiting;
  }

  /**
   * Takes nothing more; lets what was submitted run to its end for at most `ms`, then ends it (SIGTERM, and SIGKILL
   * after devd.action.grace). What an action left in the background lives on.
   */
  async stop(ms: number): Promise<void> {
    await this.#scheduler.drain(ms);
    await this.#shell.readOut();
    this.#shell[Symbol.dispose]();
  }

  /** `stop` without patience. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop(0);
  }
}
