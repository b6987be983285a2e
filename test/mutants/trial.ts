import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type Answer, type Assignment, HANGS, type Order } from './messages.js';

/** A test that takes so much longer than its limit has not said that it hangs: it holds the process up. */
const GRACE_MS = 500;
/** Of what a process says at its end, for a failure's message. */
const MAX_WORDS = 2000;

/** What became of one test. */
export interface Outcome {
  readonly test: number;
  readonly ms: number;
  readonly cpu: number;
  readonly error: string | undefined;
  /** Mutants whose code it ran. */
  readonly reached: readonly number[];
}

/** What is started, and with which environment. */
export interface Place {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * A process in which mutants are tried; it ends when it hangs, and is then of no more use. It leads a process group of its
 * own: a signal to the search's, as of Ctrl-C, would have a test fail that has noticed nothing.
 */
export class Trial implements AsyncDisposable {
  readonly #child: ChildProcess;
  #words = '';
  /** Undefined stands for its end. */
  readonly #heard: (Answer | undefined)[] = [];
  #wake = (): void => undefined;
  tests: readonly string[] = [];
  /** Mutants whose code ran while the files were loaded. */
  reached: readonly number[] = [];

  private constructor(program: string, assignment: Assignment, env: NodeJS.ProcessEnv) {
    const stdio = ['ignore', 'ignore', 'pipe', 'ipc'] as const;
    const options = { stdio: [...stdio], env, execArgv: [], detached: true };
    this.#child = fork(program, [JSON.stringify(assignment)], options);
    const end = (): void => this.#kill();
    process.once('exit', end);
    this.#child.once('exit', () => process.removeListener('exit', end));
    this.#child.stderr!.on('data', (data: Buffer) => {
      this.#words = (this.#words + data.toString()).slice(-MAX_WORDS);
    });
    this.#child.on('message', (answer: Answer) => this.#say(answer));
    this.#child.on('close', () => this.#say(undefined));
    this.#child.on('error', () => undefined);
  }

  /** @returns a process that has loaded its tests; the reason why there is none */
  static async start(
    { program, env }: Place,
    assignment: Assignment,
    limitMs: number,
  ): Promise<Trial | string> {
    const trial = new Trial(program, assignment, env);
    const answer = await trial.#next(limitMs);
    if (answer?.kind === 'loaded') {
      trial.tests = answer.tests;
      trial.reached = answer.reached;
      return trial;
    }
    await trial[Symbol.asyncDispose]();
    return answer === undefined ? trial.#words.trim() || HANGS : `unexpected ${answer.kind}`;
  }

  /** Whether it can be asked again. */
  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.connected;
  }

  /** Runs tests for a mutant. A process that ends over one of them has that test fail. */
  async run(order: Order): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    if (!this.isAlive) return outcomes;
    this.#child.send(order);
    const limits = new Map(order.tests.map(({ test, limitMs }) => [test, limitMs]));
    let current = order.tests[0]?.test ?? 0;
    for (;;) {
      const answer = await this.#next((limits.get(current) ?? 0) + GRACE_MS);
      if (answer?.kind === 'done') return outcomes;
      if (answer?.kind === 'begins') current = answer.test;
      else if (answer?.kind === 'ended') outcomes.push(answer);
      else {
        outcomes.push({ test: current, ms: 0, cpu: 0, error: HANGS, reached: [] });
        await this[Symbol.asyncDispose]();
        return outcomes;
      }
      // What hangs may hold anything; the next mutant is to find a process without it.
      if (answer.kind === 'ended' && answer.error === HANGS) {
        await this[Symbol.asyncDispose]();
        return outcomes;
      }
    }
  }

  #say(answer: Answer | undefined): void {
    this.#heard.push(answer);
    this.#wake();
  }

  /** The next thing it says; undefined when it has ended, or says nothing for so long. */
  async #next(limitMs: number): Promise<Answer | undefined> {
    if (this.#heard.length === 0) {
      const word = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const timer = setTimeout(this.#wake, limitMs);
      await word;
      clearTimeout(timer);
    }
    return this.#heard.shift();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#kill();
    await gone;
  }

  /** With the programs that its tests have started. */
  #kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
