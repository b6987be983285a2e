import { type Callout, type Clock, type Log, printable } from '../../../core/index.js';
import type { ActionRun, CommandEnd, RunningCommand, Spawner } from './command.js';
import type { ActionTunables } from './tunables.js';

/** The kernel does not report the end of a process group: one that is being ended is polled. */
const POLL_INTERVAL_MS = 100;
/** What SIGKILL has not ended by then waits in the kernel, for a disk that hangs: maybe for ever. */
const UNKILLABLE_MS = 1000;

/** What a run needs. */
export interface ExecutionServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly spawner: Spawner;
  readonly tunables: ActionTunables;
}

/**
 * One run: its commands one after another, each within the time limit.
 *
 * A command that exceeds the limit gets SIGTERM, with everything in its process group; processes left in the group after
 * the grace period get SIGKILL. Then the next command starts, also where the kernel cannot end this one. Processes that a
 * command leaves in the background are not touched if the command ended in time.
 */
export class Execution {
  readonly #run: ActionRun;
  readonly #services: ExecutionServices;
  readonly #done: () => void;
  readonly #timer: Callout;
  #next = 0;
  #command: RunningCommand | undefined;
  #exited = false;
  #killAt = Number.POSITIVE_INFINITY;
  #killed = false;
  #aborted = false;

  /** @param done called once, after the last command */
  constructor(run: ActionRun, services: ExecutionServices, done: () => void) {
    this.#run = run;
    this.#services = services;
    this.#done = done;
    this.#timer = services.clock.callout(`action of ${run.rule}`, () => this.#onTimer());
  }

  /** Starts the next command, or ends the run. */
  start(): void {
    const command = this.#run.commands[this.#next++];
    if (command === undefined || this.#aborted) {
      this.#done();
      return;
    }
    const { log, spawner, tunables } = this.#services;
    log.info(`Executing '${printable(command)}'`, { rule: this.#run.rule });
    tunables.started.add();
    this.#exited = false;
    this.#killAt = Number.POSITIVE_INFINITY;
    this.#killed = false;
    if (tunables.timeout.value > 0) this.#timer.reset(tunables.timeout.value);
    const place = this.#next;
    this.#command = spawner.spawn(this.#run, command, (end) => {
      if (this.#next === place) this.#onEnd(command, end); // else it was left behind
    });
  }

  /** Ends the running command by the same steps as the time limit does, and starts no other. */
  abort(): void {
    this.#aborted = true;
    if (!this.#terminating) this.#terminate();
  }

  get #terminating(): boolean {
    return this.#killAt !== Number.POSITIVE_INFINITY;
  }

  #onTimer(): void {
    if (!this.#terminating) {
      const { log, tunables } = this.#services;
      tunables.timeouts.add();
      log.warning(
        `${this.#run.rule}: an action runs for more than ${tunables.timeout.value} ms and is ended`,
      );
      this.#terminate();
    } else if (this.#exited && !this.#command?.alive) {
      this.start();
    } else if (this.#services.clock.now() >= this.#killAt) {
      this.#kill();
    } else {
      this.#timer.reset(POLL_INTERVAL_MS);
    }
  }

  #kill(): void {
    if (this.#killed) return this.#leave();
    this.#killed = true;
    this.#command?.kill();
    if (this.#exited) this.start();
    else if (!this.#aborted) this.#timer.reset(UNKILLABLE_MS); // else the drain waits, and reports
  }

  #leave(): void {
    const { log, tunables } = this.#services;
    const command = printable(this.#run.commands[this.#next - 1]!);
    tunables.failed.add();
    log.error(`${this.#run.rule}: '${command}': cannot be killed, and is left behind: does a disk hang?`);
    this.start();
  }

  #terminate(): void {
    const { clock, tunables } = this.#services;
    this.#killAt = clock.now() + tunables.grace.value;
    this.#command?.terminate();
    this.#timer.reset(Math.min(POLL_INTERVAL_MS, tunables.grace.value));
  }

  #onEnd(command: string, end: CommandEnd): void {
    this.#exited = true;
    this.#report(command, end);
    const isOver = this.#services.clock.now() >= this.#killAt || !this.#command?.alive;
    if (this.#terminating && !isOver) return; // the rest of its group has until then; the timer polls it
    this.#timer.stop();
    this.start();
  }

  #report(command: string, { code, signal, error }: CommandEnd): void {
    if (code === 0) return;
    const { log, tunables } = this.#services;
    tunables.failed.add();
    const how = error ?? (signal === null ? `exit status ${code}` : `ended by ${signal}`);
    log.notice(`${this.#run.rule}: '${printable(command)}': ${how}`, { rule: this.#run.rule, code, signal });
  }
}
