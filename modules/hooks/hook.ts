import type { Clock, Counter, Log, Scope } from '../../core/index.js';
import { runProgram } from '../programs/index.js';
import { callsFor } from './call.js';
import type { HookMessage } from './message.js';
import type { CalledSettings, HookState } from './settings.js';

/** Messages that wait for a slow program, at least. Beyond them only the newest of each vhid is kept. */
const MAX_WAITING = 64;

/** A hook for programs. */
export interface HookStatus {
  readonly name: string;
  readonly form: string;
  /** Its program runs. */
  readonly running: boolean;
  readonly waiting: number;
  readonly runs: number;
  readonly failures: number;
  /** How the last run ended. */
  readonly last: string;
}

/** What takes messages and passes them to programs. */
export interface HookSink {
  readonly name: string;
  status(): HookStatus;
  /** @returns resolves when the programs have ended */
  tell(message: HookMessage): Promise<void>;
  /** Resolves when nothing runs and waits. */
  drained(): Promise<void>;
}

/** What a hook needs. */
export interface HookNeeds {
  readonly scope: Scope;
  readonly clock: Clock;
  readonly log: Log;
}

interface Waiting {
  readonly message: HookMessage;
  readonly done: () => void;
}

/** Runs the programs of one hook, one at a time and in the order of the messages. */
export class CalledHook implements HookSink {
  readonly name: string;
  readonly #settings: CalledSettings;
  readonly #needs: HookNeeds;
  readonly #runs: Counter;
  readonly #failures: Counter;
  readonly #dropped: Counter;
  readonly #abort = new AbortController();
  #waiting: Waiting[] = [];
  /** As many wait before it is looked for what is over: to look at each new message would take a thousand vhids too long. */
  #room = MAX_WAITING;
  #working: Promise<void> | undefined;
  #last = 'has not run yet';

  constructor(name: string, settings: CalledSettings, needs: HookNeeds) {
    this.name = name;
    this.#settings = settings;
    this.#needs = needs;
    const { sysctl } = needs.scope;
    this.#runs = sysctl.counter(`hooks.${name}.runs`, 'programs run');
    this.#failures = sysctl.counter(`hooks.${name}.failures`, 'programs that failed or took too long');
    this.#dropped = sysctl.counter(
      `hooks.${name}.dropped`,
      'states that were over before a slow program took them',
    );
    needs.scope.defer(() => this.#abort.abort());
  }

  wants(state: HookState): boolean {
    return this.#settings.states.includes(state);
  }

  status(): HookStatus {
    return {
      name: this.name,
      form: this.#settings.form,
      running: this.#working !== undefined,
      waiting: this.#waiting.length,
      runs: this.#runs.value,
      failures: this.#failures.value,
      last: this.#last,
    };
  }

  tell(message: HookMessage): Promise<void> {
    if (!this.wants(message.state)) return Promise.resolve();
    return new Promise((done) => {
      if (this.#waiting.length >= this.#room) this.#coalesce();
      this.#waiting.push({ message, done });
      this.#working ??= this.#work();
    });
  }

  async drained(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await this.#call(next.message);
      next.done();
    }
    this.#working = undefined;
    this.#room = MAX_WAITING;
  }

  async #call(message: HookMessage): Promise<void> {
    const { clock, log } = this.#needs;
    const { user, timeout } = this.#settings;
    for (const call of callsFor(this.#settings, message)) {
      if (this.#abort.signal.aborted) return;
      this.#runs.add();
      const { failure, output } = await runProgram({
        ...call,
        user,
        limitMs: timeout,
        outlasts: true,
        input: `${JSON.stringify(message)}\n`,
        signal: this.#abort.signal,
        clock,
      });
      const about = `${this.name}: ${message.state} of ${message.name}`;
      this.#last = `${about}: ${failure ?? 'done'}`;
      const lines = output.trim().split('\n').filter(Boolean);
      for (const line of lines) log.info(`${this.name}: ${line.replace(/\p{C}/gu, '?')}`);
      if (failure === undefined) continue;
      this.#failures.add();
      log.warning(`${about}: ${failure}`);
    }
  }

  /** Of the states that are over already, only the newest of each vhid is of use. */
  #coalesce(): void {
    const newest = new Map(this.#waiting.map((each) => [`${each.message.name} ${each.message.event}`, each]));
    const kept = new Set(newest.values());
    this.#room = Math.max(MAX_WAITING, 2 * kept.size);
    const dropped = this.#waiting.filter((each) => !kept.has(each));
    if (dropped.length === 0) return;
    this.#waiting = this.#waiting.filter((each) => kept.has(each));
    this.#dropped.add(dropped.length);
    for (const { done } of dropped) done();
    this.#needs.log
      .limited(`slow ${this.name}`)
      .warning(`${this.name} is slow: ${dropped.length} states that were over were left out`);
  }
}
