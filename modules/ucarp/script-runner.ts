/**
 * Runs the up and down scripts: one after another, in the order they were asked for, each in a process of its own, so
 * that the protocol never waits for one. ucarp waits, and is deaf meanwhile.
 *
 * A script that hangs holds back those after it: running the down script beside a hanging up script would undo the
 * order that scripts rely on. A line says so every now and then. What waits is bounded: of states that were over
 * before their script could start, only the latest few are played back.
 */
import { spawn } from 'node:child_process';
import type { Log } from '../../core/log/index.js';

const MOST_WAITING = 8;
const COMPLAIN_AFTER = 10_000; // milliseconds, then every so often again

export interface Script {
  readonly file: string;
  readonly args: readonly string[];
}

interface Job {
  readonly script: Script;
  readonly ended: () => void;
}

export class ScriptRunner {
  private readonly waiting: Job[] = [];
  private running = false;
  private idle: (() => void)[] = [];

  constructor(private readonly log: Log) {}

  /** Asks for a run; `ended` is called when it is over, however it ended. Returns at once. */
  run(script: Script, ended: () => void = () => undefined): void {
    if (this.waiting.length >= MOST_WAITING) this.dropPair();
    this.waiting.push({ script, ended });
    if (!this.running) this.next();
  }

  /** Resolves when nothing runs and nothing waits. */
  drained(): Promise<void> {
    if (!this.running) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  private next(): void {
    const job = this.waiting.shift();
    this.running = job !== undefined;
    if (job) return this.start(job);
    for (const resolve of this.idle.splice(0)) resolve();
  }

  private start({ script, ended }: Job): void {
    const line = [script.file, ...script.args].join(' ');
    this.log.warning(`Spawning [${line}]`); // a warning, since ucarp logs it as one
    const complaint = setInterval(() => this.log.warning(`still running: [${line}]`), COMPLAIN_AFTER);
    let over = false;
    const finish = (): void => {
      if (over) return;
      over = true;
      clearInterval(complaint);
      ended();
      this.next();
    };
    // A name without a slash is a file of the current directory, as for execl(3): the PATH is not searched.
    const file = script.file.includes('/') ? script.file : `./${script.file}`;
    const child = spawn(file, script.args, { stdio: 'inherit' });
    child.once('error', (error) => {
      this.log.error(`Unable to exec ${line}: ${reason(error)}`);
      finish();
    });
    child.once('exit', (code, signal) => {
      if (code !== 0) this.log.warning(`[${line}] ended with ${signal ?? `exit status ${code}`}`);
      finish();
    });
  }

  /** Up and down alternate: without the two oldest the rest is still in order, and ends the same. */
  private dropPair(): void {
    const dropped = this.waiting.splice(0, 2);
    this.log.warning(`a script hangs: the state has changed on, ${dropped.length} runs were left out`);
    for (const job of dropped) job.ended();
  }
}

function reason(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'No such file or directory';
  if (error.code === 'EACCES') return 'Permission denied; is it executable?';
  return error.message;
}
