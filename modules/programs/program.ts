/**
 * Runs a program in a session and process group of its own, from `/`, with limits on its time and output.
 *
 * It has ended when its process exits, not when its output closes: a process that it left in the background may hold
 * that. What it has written until then is kept. At the limit the group gets SIGTERM, and what is left of it SIGKILL after
 * the grace period; when the signal aborts, SIGKILL at once. The promise resolves at once then, or with `outlasts` after the
 * grace period, so that no caller waits for a process that the kernel cannot end (a disk that hangs).
 *
 * @module
 */
import { type Callout, type Clock, describe } from '../../core/index.js';
import type { Child, ChildEnd } from './child.js';
import { launch } from './group.js';
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
  /** At the limit waits until it has ended, or was sent SIGKILL: for callers that run one after the other. */
  readonly outlasts?: boolean;
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
  #child: Child | undefined;
  #limit: Callout | undefined;
  #output = '';
  /** Why it was sent SIGTERM. */
  #expired: string | undefined;
  #over = false;

  constructor(options: ProgramOptions, resolve: (end: ProgramEnd) => void) {
    this.#options = options;
    this.#resolve = resolve;
  }

  start(): void {
    const { clock, limitMs, signal, args = [], env, input = '' } = this.#options;
    let child: Child;
    try {
      child = launch(this.#options, args, { env, input: 'pipe', output: 'pipe' });
    } catch (error) {
      return this.#end(null, describe(error));
    }
    this.#child = child;
    this.#limit = clock.callout('program limit', () => this.#expire(`runs for more than ${limitMs} ms`));
    const aborted = (): void => {
      // At once: the one that gives up may be about to end, and its clock with it.
      child.signal('SIGKILL');
      this.#end(null, 'was given up');
    };
    void child.ended.then((end) => {
      signal?.removeEventListener('abort', aborted);
      return this.#exited(child, end);
    });
    child.output?.on('data', (bytes: Buffer) => this.#keep(bytes)).on('error', () => undefined);
    // It may exit without reading.
    child.input?.on('error', () => undefined).end(input);
    this.#limit.reset(limitMs);
    signal?.addEventListener('abort', aborted, { once: true });
    if (signal?.aborted === true) aborted();
  }

  async #exited(child: Child, { code, signal, error }: ChildEnd): Promise<void> {
    this.#limit?.[Symbol.dispose]();
    if (error !== undefined) return this.#end(null, startFailure(child.file, error));
    for (let turn = 0; turn < READ_OUT_TURNS && child.output?.readableEnded === false; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    if (this.#options.leavesNothing === true) child.signal('SIGKILL');
    if (this.#expired !== undefined) return this.#end(null, this.#expired);
    const how = signal === null ? `exit status ${code}` : `ended by ${signal}`;
    this.#end(code, code === 0 ? undefined : how);
  }

  #expire(why: string): void {
    const { clock, graceMs = DEFAULT_GRACE_MS } = this.#options;
    this.#expired = why;
    this.#child?.signal('SIGTERM');
    const grace = clock.callout('program grace', () => {
      this.#child?.signal('SIGKILL');
      grace[Symbol.dispose]();
      this.#end(null, why);
    });
    grace.reset(graceMs);
    if (this.#options.outlasts !== true) this.#end(null, why);
  }

  #keep(bytes: Buffer): void {
    if (this.#output.length < MAX_OUTPUT) this.#output += bytes.toString('utf8', 0, MAX_OUTPUT);
  }

  #end(code: number | null, failure: string | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#limit?.[Symbol.dispose]();
    this.#child?.output?.destroy();
    this.#child?.input?.destroy();
    this.#child?.unref();
    this.#resolve({ code, failure, output: this.#output.slice(0, MAX_OUTPUT) });
  }
}

function startFailure(file: string, { code, message }: NonNullable<ChildEnd['error']>): string {
  if (code === 'ENOENT') return `there is no program ${file}`;
  if (code === 'EACCES') return `${file} is not executable`;
  return message;
}
