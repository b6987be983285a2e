import { describe } from '../../core/errors.js';
import type { Log } from '../../core/log/index.js';
import type { Clock } from '../../core/time/index.js';
import { type ChildEnd, ChildStarter } from '../programs/index.js';

const MAX_WAITING = 8;
/** A script that runs this long is logged, and again after each further interval. */
const COMPLAINT_INTERVAL_MS = 10_000;

/** A program and its arguments. */
export interface Script {
  /** Without a slash, a file of the current directory. */
  readonly file: string;
  readonly args: readonly string[];
}

interface Job {
  readonly script: Script;
  readonly ended: () => void;
}

/**
 * Runs the up and down scripts one at a time, in the order of the requests, each in its own process, so that the
 * protocol never waits for a script. (ucarp waits, and hears no advertisements meanwhile.)
 *
 * A script that hangs delays the ones behind it: running the down script beside a hanging up script would break the
 * order that scripts rely on. The log says so at regular intervals. The queue is bounded: of the states that were over
 * before their script could start, only the latest few are run.
 */
export class ScriptRunner {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #waiting: Job[] = [];
  readonly #idle: (() => void)[] = [];
  #running = false;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Queues a run and returns at once.
   *
   * @param ended called once when the run is over: ended, failed to start, or dropped from the queue
   */
  run(script: Script, ended: () => void = () => undefined): void {
    if (this.#waiting.length >= MAX_WAITING) this.#dropPair();
    this.#waiting.push({ script, ended });
    if (!this.#running) this.#next();
  }

  /** Resolves when no script runs and none waits. */
  drained(): Promise<void> {
    if (!this.#running) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #next(): void {
    const job = this.#waiting.shift();
    this.#running = job !== undefined;
    if (job) return this.#start(job);
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #start({ script, ended }: Job): void {
    const line = [script.file, ...script.args].join(' ');
    this.#log.warning(`Spawning [${line}]`); // a warning, since ucarp logs it as one
    const complaint = this.#clock.callout('ucarp script complaint', () => {
      this.#log.warning(`still running: [${line}]`);
      complaint.reset(COMPLAINT_INTERVAL_MS);
    });
    complaint.reset(COMPLAINT_INTERVAL_MS);
    void this.#end(script).then(({ code, signal, error }) => {
      if (error !== undefined) this.#log.error(`Unable to exec ${line}: ${reason(error)}`);
      else if (code !== 0) this.#log.warning(`[${line}] ended with ${signal ?? `exit status ${code}`}`);
      complaint[Symbol.dispose]();
      ended();
      this.#next();
    });
  }

  /** Resolves with the end of a script, and never rejects. */
  async #end({ file, args }: Script): Promise<ChildEnd> {
    try {
      // A name without a slash is a file of the current directory, as for execl(3): the PATH is not searched.
      const path = file.includes('/') ? file : `./${file}`;
      const stdio = { input: 'inherit', output: 'inherit' } as const;
      return await ChildStarter.shared.start({ file: path, args, session: false, ...stdio }).ended;
    } catch (error) {
      return { code: null, signal: null, error: { message: describe(error) } };
    }
  }

  /** Up and down alternate, so dropping the two oldest keeps the order and the final state. */
  #dropPair(): void {
    const dropped = this.#waiting.splice(0, 2);
    this.#log.warning(`a script hangs: the state has changed on, ${dropped.length} runs were left out`);
    for (const job of dropped) job.ended();
  }
}

function reason({ code, message }: NonNullable<ChildEnd['error']>): string {
  if (code === 'ENOENT') return 'No such file or directory';
  if (code === 'EACCES') return 'Permission denied; is it executable?';
  return message;
}
