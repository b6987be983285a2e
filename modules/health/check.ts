import {
  CarpetError,
  type Counter,
  changedMembers,
  describe,
  type Log,
  type Scope,
  type SysctlInt,
} from '../../core/index.js';
import type { VipModule } from '../vip/index.js';
import { Effect } from './effect.js';
import { Judge, type JudgeState } from './judge.js';
import { type ProbeNeeds, probe } from './kinds/builtin.js';
import type { CheckSettings } from './settings.js';
import type { HealthStatus } from './status.js';
import type { Stops } from './stops.js';
import { targetText } from './target.js';

/** Runs that last long must not keep a line of the log busy. */
const MAX_WORDS = 300;
/** Settings that say nothing of what a run does. */
const RULES: ReadonlySet<string> = new Set(
  'interval timeout rise fall hold demote weight stop vhids group'.split(' '),
);

/** What a check needs of the module. */
export interface CheckNeeds extends ProbeNeeds {
  readonly vip: VipModule;
  readonly stops: Stops;
  readonly log: Log;
  /** A scope of its own. */
  readonly scope: Scope;
  /** Owns the lines in the ledger, which bear its name. */
  readonly owner: Scope;
  /** It has another verdict. */
  readonly changed: (check: HealthStatus) => void;
}

/** What a successor needs to go on with a check. */
export interface CheckState {
  readonly judge: JudgeState;
  readonly last: string;
  /** The reason in the ledger. */
  readonly reason: string;
  /** Whether it demotes, or stops. */
  readonly begun: boolean;
}

/**
 * One check: runs its probe again and again, never two at a time, and does what the verdict says. A probe that does not
 * give up at its timeout is left alone, and each further run counts as a failure until it has ended: a disk that hangs
 * must not take one thread of the pool after the other.
 */
export class Check {
  readonly name: string;
  readonly settings: CheckSettings;
  readonly #needs: CheckNeeds;
  readonly #judge: Judge;
  readonly #effect: Effect;
  readonly #up: SysctlInt;
  readonly #runs: Counter;
  readonly #failures: Counter;
  #last = 'has not run yet';
  #reason: string;
  /** Whether a run has not ended; one that follows waits for it too, if it would do the same. */
  readonly #probing: { hangs: boolean };
  /** It has taken the place of one with other settings, which demoted or stopped. */
  readonly #follows: boolean;
  /** Another one takes its place. */
  #makesWay = false;

  /** @param former that of the same name with other settings, which has ended */
  constructor(name: string, settings: CheckSettings, needs: CheckNeeds, former?: Check) {
    const { scope, vip, stops, owner, clock } = needs;
    this.name = name;
    this.settings = settings;
    this.#needs = needs;
    this.#follows = former !== undefined && former.#effect.begun;
    this.#probing =
      former !== undefined && isSameRun(former.settings, settings) ? former.#probing : { hangs: false };
    this.#judge = new Judge(settings, clock.now());
    this.#effect = new Effect(name, settings, { vip, scope: owner, stops }, former && former.#effect);
    this.#reason = `check ${name}: no success yet`;
    const { sysctl } = scope;
    this.#up = sysctl.int(`health.${name}.up`, { description: '1 while it is up', value: 0, readonly: true });
    this.#runs = sysctl.counter(`health.${name}.runs`, 'how often it has run');
    this.#failures = sysctl.counter(`health.${name}.failures`, 'how often it has failed');
    scope.defer(() => {
      if (!this.#makesWay) this.#effect[Symbol.dispose]();
    });
  }

  /** One with other settings is about to take its place: what it does to vhids lasts until that has begun. */
  makeWay(): void {
    this.#makesWay = true;
  }

  /**
   * Demotes until the first success, or goes on as a predecessor or a former one did. A new one that concerns a MASTER
   * demotes when its first run has failed: that it was added shall move no address.
   */
  start(state?: CheckState): void {
    if (state !== undefined) {
      this.#judge.adopt(state.judge);
      this.#last = state.last;
      this.#reason = state.reason;
    }
    this.#up.value = this.#judge.verdict === 'up' ? 1 : 0;
    const goesOn = state?.begun ?? this.#follows;
    if (this.#judge.verdict === 'up') this.#effect.end();
    else if (goesOn || !this.#effect.touchesMaster) this.#effect.begin(this.#reason);
    void this.#needs.scope.spawn(`check ${this.name}`, () => this.#loop());
  }

  /** A successor of the module goes on with it. */
  give(): void {
    this.#effect.give();
  }

  capture(): CheckState {
    const { begun } = this.#effect;
    return { judge: this.#judge.capture(), last: this.#last, reason: this.#reason, begun };
  }

  status(): HealthStatus {
    const { verdict, since, inARow, hold } = this.#judge;
    const { kind, stop, demote, weight } = this.settings;
    return {
      name: this.name,
      kind: this.settings.kind === 'module' ? this.settings.of : kind,
      verdict,
      age: Math.round(this.#needs.clock.now() - since),
      last: this.#last,
      inARow,
      hold,
      on: targetText(this.settings),
      effect: stop ? 'stop' : (weight ?? demote),
    };
  }

  async #loop(): Promise<void> {
    const { scope, clock } = this.#needs;
    // The last run of a former one was given up, and needs a moment to end.
    if (this.#probing.hangs) await scope.sleep(this.settings.timeout);
    for (let due = clock.now(); !scope.signal.aborted; ) {
      await this.#run();
      due = Math.max(due + this.settings.interval, clock.now());
      await scope.sleep(due - clock.now());
    }
  }

  async #run(): Promise<void> {
    const failure = await this.#look();
    if (this.#needs.scope.signal.aborted) return;
    const succeeded = failure === undefined;
    this.#runs.add();
    if (!succeeded) {
      this.#failures.add();
      this.#last = failure;
    }
    if (this.#judge.result(succeeded, this.#needs.clock.now())) this.#changed(succeeded);
    else if (this.#judge.verdict === 'unknown') this.#effect.begin(this.#reason);
    this.#needs.stops.review();
  }

  /** @returns why it failed, undefined if it did not */
  async #look(): Promise<string | undefined> {
    const { scope } = this.#needs;
    if (this.#probing.hangs) return 'the run before still hangs';
    try {
      const words = await scope.timeout('it', this.settings.timeout, (signal) => this.#probe(signal));
      // A module's probe may resolve with anything, and reject with nothing at all: neither may end the check.
      this.#last = (typeof words === 'string' && brief(words)) || 'well';
      return undefined;
    } catch (error) {
      const late = error instanceof CarpetError && error.code === 'ETIMEDOUT';
      return late ? `no result within ${this.settings.timeout} ms` : brief(describe(error));
    }
  }

  async #probe(signal: AbortSignal): Promise<string | void> {
    this.#probing.hangs = true;
    try {
      return await probe(this.settings, signal, this.#needs);
    } finally {
      this.#probing.hangs = false;
    }
  }

  #changed(up: boolean): void {
    const { log, changed } = this.#needs;
    this.#up.value = up ? 1 : 0;
    // A line that is in the ledger keeps its reason: by that a successor finds it.
    if (!this.#effect.begun) this.#reason = `check ${this.name}: ${this.#last}`;
    const status = this.status();
    if (up) {
      log.notice(`${this.name} is up: ${this.#last}`, { ...status });
      this.#effect.end();
    } else {
      log.warning(`${this.name} is down: ${this.#last}`, { ...status });
      this.#effect.begin(this.#reason);
    }
    changed(status);
  }
}

function isSameRun(before: CheckSettings, after: CheckSettings): boolean {
  return changedMembers<unknown>(before, after).every((name) => RULES.has(name));
}

/** One line of harmless text. An error of a module may have a message that is no text. */
function brief(text: unknown): string {
  return String(text)
    .replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, MAX_WORDS);
}
