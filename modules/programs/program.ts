/**
 * Runs a program in a session and process group of its own, from `/`, with limits on its time and output.
 *
 * It has ended when its process exits, not when its output closes: a process that it left in the background may hold
 * that. What it has written until then is kept. At the limit the group gets SIGTERM, and what is left of it SIGKILL after
 * the grace period; when the signal aborts, SIGKILL at once. The promise resolves at once then, so that no caller waits
 * for a process that the kernel cannot end (a disk that hangs).
 *
 * @module
 */
import type { ChildProcess } from 'node:child_process';
import type { Callout, Clock } from '../../core/index.js';
import { launch, signalGroup } from './group.js';
import type { ProgramSettings } from './settings.js';

const DEFAULT_GRACE_MS = 1000;
/** As much of the output is kept; the rest is read and dropped, so that the program does not block. */
const MAX_OUTPUT = 4096;
/** What a program wrote just before its exit is read in a few turns of the event loop. */
const READ_OUT_TURNS = 10;

/** A run of a program. */
export interface ProgramOptions extends ProgramSettings {
  /** Behind the arguments of the settings; `$1` … for a shell command. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For its standard input, which is empty otherwise. */
  readonly input?: string;
  /** How long it may run, in milliseconds. */
  readonly limitMs: number;
  /** From SIGTERM to SIGKILL, in milliseconds; default: 1 s. */
  readonly graceMs?: number;
  /** Ends it as the limit does. */
  readonly signal?: AbortSignal;
  /** Kills what it leaves in its group, too, when it has ended. */
  readonly leavesNothing?: boolean;
  readonly clock: Clock;
}

/** How a run ended. */
export interface ProgramEnd {
  /** The exit status; null if a signal or the limit ended it, or it did not start. */
  readonly code: number | null;
  /** One line, undefined after exit status 0: `exit status 2`, `ended by SIGSEGV`, `runs for more than 1000 ms`. */
  readonly failure: string | undefined;
  /** Standard output and standard error, up to 4 KiB. */
  readonly output: string;
}

/** Runs a program to its end. Never rejects. */
export function runProgram(options: ProgramOptions): Promise<ProgramEnd> {
  return new Promise((resolve) => new Run(options, resolve).start());
}

class Run {
  readonly #options: ProgramOptions;
  readonly #resolve: (end: ProgramEnd) => void;
  #child: ChildProcess | undefined;
  #limit: Callout | undefined;
  #output = '';
  #over = false;

  constructor(options: ProgramOptions, resolve: (end: ProgramEnd) => void) {
    this.#options = options;
    this.#resolve = resolve;
  }

  start(): void {
    const { clock, limitMs, signal, args = [], env = process.env, input = '' } = this.#options;
    let child: ChildProcess;
    try {
      child = launch(this.#options, args, { env, stdio: 'pipe' });
    } catch (error) {
      // Too many files or processes, or a command line that is too long.
      return this.#end(null, (error as Error).message);
    }
    this.#child = child;
    this.#limit = clock.callout('program limit', () => this.#expire(`runs for more than ${limitMs} ms`));
    const aborted = (): void => {
      // At once: the one that gives up may be about to end, and its clock with it.
      signalGroup(this.#child, 'SIGKILL');
      this.#end(null, 'was given up');
    };
    child.once('error', (error: NodeJS.ErrnoException) => {
      signal?.removeEventListener('abort', aborted);
      this.#end(null, startFailure(error));
    });
    child.once('exit', (code, by) => {
      this.#limit?.[Symbol.dispose]();
      signal?.removeEventListener('abort', aborted);
      void this.#exited(code, by);
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => this.#keep(bytes));
    // It may exit without reading.
    child.stdin?.on('error', () => undefined).end(input);
    this.#limit.reset(limitMs);
    signal?.addEventListener('abort', aborted, { once: true });
    if (signal?.aborted === true) aborted();
  }

  async #exited(code: number | null, by: NodeJS.Signals | null): Promise<void> {
    for (let turn = 0; turn < READ_OUT_TURNS && this.#child?.stdout?.readableEnded === false; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    if (this.#options.leavesNothing === true) signalGroup(this.#child, 'SIGKILL');
    const how = by === null ? `exit status ${code}` : `ended by ${by}`;
    this.#end(code, code === 0 ? undefined : how);
  }

  #expire(why: string): void {
    const { clock, graceMs = DEFAULT_GRACE_MS } = this.#options;
    signalGroup(this.#child, 'SIGTERM');
    const grace = clock.callout('program grace', () => {
      signalGroup(this.#child, 'SIGKILL');
      grace[Symbol.dispose]();
    });
    grace.reset(graceMs);
    this.#end(null, why);
  }

  #keep(bytes: Buffer): void {
    if (this.#output.length < MAX_OUTPUT) this.#output += bytes.toString('utf8', 0, MAX_OUTPUT);
  }

  #end(code: number | null, failure: string | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#limit?.[Symbol.dispose]();
    this.#child?.stdout?.destroy();
    this.#child?.stderr?.destroy();
    this.#child?.unref();
    this.#resolve({ code, failure, output: this.#output.slice(0, MAX_OUTPUT) });
  }
}

function startFailure(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return `there is no program ${error.path ?? ''}`;
  if (error.code === 'EACCES') return `${error.path ?? 'it'} is not executable`;
  return error.message;
}
