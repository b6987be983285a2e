import { type Callout, type Clock, type Log, printable } from '../../../core/index.js';
import type { ActionRun, CommandEnd, RunningCommand, Spawner } from './command.js';
import type { ActionTunables } from './tunables.js';

/** How often a group that was told to end is looked at, in milliseconds: the kernel does not tell of its end. */
const LOOK_EVERY = 100;

export interface ExecutionServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly spawner: Spawner;
  readonly tunables: ActionTunables;
}

/**
 * One run: its commands one after another, each within the time limit.
 *
 * A command that exceeds it gets SIGTERM, with everything in its process group; what is left of the group after the
 * grace gets SIGKILL. Then the next command has its turn. A command that ends in time may leave processes in the
 * background: they are none of our business.
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
  #aborted = false;

  /** @param done called once, after the last command */
  constructor(run: ActionRun, services: ExecutionServices, done: () => void) {
    this.#run = run;
    this.#services = services;
    this.#done = done;
    this.#timer = services.clock.callout(`action of ${run.rule}`, () => this.#onTimer());
  }

  /** Starts the next command, or is done. */
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
    if (tunables.timeout.value > 0) this.#timer.reset(tunables.timeout.value);
    this.#command = spawner.spawn(this.#run, command, (end) => this.#onEnd(command, end));
  }

  /** Ends the running command, by the same steps as the time limit, and starts no other. */
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
      this.#command?.kill();
      if (this.#exited) this.start();
    } else {
      this.#timer.reset(LOOK_EVERY);
    }
  }

  #terminate(): void {
    const { clock, tunables } = this.#services;
    this.#killAt = clock.now() + tunables.grace.value;
    this.#command?.terminate();
    this.#timer.reset(Math.min(LOOK_EVERY, tunables.grace.value));
  }

  #onEnd(command: string, end: CommandEnd): void {
    this.#exited = true;
    this.#report(command, end);
    const isOver = this.#services.clock.now() >= this.#killAt || !this.#command?.alive;
    if (this.#terminating && !isOver) return; // the rest of its group has until then; the timer looks
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
