import { type Assignment, HANGS } from './messages.js';
import { NONE } from './switch.js';
import { type Outcome, type Place, Trial } from './trial.js';

/** A test is given so many times what it takes without a mutant. */
const SLOWER = 10;
/** What anything may take without a mutant: a busy machine is no fault. */
const BASELINE_MS = 120_000;
/** The few tests that take more of a processor would take most of the time, and notice hardly more than the others. */
const MAX_CPU_MS = 600;
/** Kills between two looks at whether the process still passes its tests. */
const LOOK_AFTER = 25;

/** What became of a mutant. */
export type Verdict = 'killed' | 'timeout' | 'survived' | 'uncovered';

/** A test without mutants. */
export interface Probe {
  readonly test: number;
  readonly ms: number;
  readonly reached: ReadonlySet<number>;
}

/** How the tests are without mutants. */
export interface Baseline {
  readonly probes: readonly Probe[];
  /** Names of tests that fail in here, and are left out. */
  readonly failing: readonly string[];
  /** Mutants in code that runs only while the files are loaded. */
  readonly atLoad: ReadonlySet<number>;
  /** How long a process may take to load them. */
  readonly loadLimitMs: number;
}

/** What a judge needs to start processes. */
export interface Court extends Place {
  readonly assignment: Omit<Assignment, 'mutant'>;
  /** What a test is given besides. */
  readonly slackMs: number;
}

/** @throws Error when the tests cannot be loaded at all */
export async function measureBaseline(court: Court): Promise<Baseline> {
  const start = performance.now();
  const trial = await Trial.start(court, { ...court.assignment, mutant: NONE }, BASELINE_MS);
  const loadLimitMs = court.slackMs + SLOWER * (performance.now() - start);
  if (typeof trial === 'string') throw new Error(`the tests cannot be loaded: ${trial}`);
  await using _trial = trial;
  const tests = [...trial.tests.keys()].map((test) => ({ test, limitMs: BASELINE_MS }));
  const outcomes = await trial.run({ mutant: NONE, tests, bail: false });
  const failing = outcomes.filter(({ error }) => error !== undefined);
  return {
    probes: outcomes
      .filter(({ error, cpu }) => error === undefined && cpu <= MAX_CPU_MS)
      .map(({ test, ms, reached }) => ({ test, ms, reached: new Set(reached) })),
    failing: failing.map(({ test, error }) => `${trial.tests[test]!}: ${error}`),
    atLoad: new Set(trial.reached),
    loadLimitMs,
  };
}

interface Kill {
  readonly mutant: number;
  readonly killer: number;
  readonly hung: boolean;
}

/** Tries mutants one after another, in a process that it replaces when a mutant has spoilt it. */
export class Judge implements AsyncDisposable {
  readonly #court: Court;
  readonly #baseline: Baseline;
  #trial: Trial | undefined;
  /** The test that killed the last one: the next mutant is most often its neighbour. */
  #killer = -1;
  /** How many each test has killed. */
  readonly #kills = new Map<number, number>();
  /** Killed since the process was last seen to be sound. */
  #unsure: Kill[] = [];

  constructor(court: Court, baseline: Baseline) {
    this.#court = court;
    this.#baseline = baseline;
  }

  /** @param report called once for each, later for those that must be tried again */
  async judge(
    mutants: readonly number[],
    report: (mutant: number, verdict: Verdict) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const settle = async (): Promise<void> => {
      for (const [mutant, verdict] of await this.#confirm()) report(mutant, verdict);
    };
    for (const mutant of mutants) {
      if (signal?.aborted === true) break;
      const tests = this.#baseline.probes.filter(({ reached }) => reached.has(mutant));
      const isAtLoad = this.#baseline.atLoad.has(mutant);
      if (tests.length === 0 && !isAtLoad) report(mutant, 'uncovered');
      else if (isAtLoad) report(mutant, await this.#judgeAtLoad(mutant));
      else {
        const kill = await this.#try(mutant, tests);
        if (kill === undefined) report(mutant, 'survived');
        else this.#unsure.push(kill);
        if (this.#unsure.length >= LOOK_AFTER) await settle();
      }
    }
    await settle();
  }

  async #try(mutant: number, probes: readonly Probe[]): Promise<Kill | undefined> {
    const trial = await this.#process();
    const tests = this.#inOrder(probes, this.#killer);
    const failure = failureOf(await trial.run({ mutant, tests, bail: true }));
    if (failure === undefined) return undefined;
    this.#killer = failure.test;
    this.#kills.set(failure.test, (this.#kills.get(failure.test) ?? 0) + 1);
    return { mutant, killer: failure.test, hung: failure.error === HANGS };
  }

  /**
   * Code that runs while files are loaded has run before any test: it takes a process of its own, and all tests. One that
   * fails in a fresh process without a mutant too has noticed nothing.
   */
  async #judgeAtLoad(mutant: number): Promise<Verdict> {
    let probes = this.#baseline.probes;
    for (;;) {
      const failure = await this.#runAfresh(mutant, probes);
      if (failure === undefined) return 'survived';
      if (typeof failure === 'string') return failure === HANGS ? 'timeout' : 'killed';
      const without = await this.#runAfresh(NONE, probes);
      if (typeof without !== 'object') return failure.error === HANGS ? 'timeout' : 'killed';
      probes = probes.filter(({ test }) => test !== without.test);
    }
  }

  /** @returns the first failure; why there is no process that has loaded the tests */
  async #runAfresh(mutant: number, probes: readonly Probe[]): Promise<Outcome | string | undefined> {
    const trial = await this.#start(mutant, this.#baseline.loadLimitMs);
    if (typeof trial === 'string') return trial;
    await using _trial = trial;
    return failureOf(await trial.run({ mutant, tests: this.#inOrder(probes, this.#killer), bail: true }));
  }

  /** The kills that hold: a test that killed must still pass without a mutant, or a mutant has left something behind. */
  async #confirm(): Promise<readonly (readonly [number, Verdict])[]> {
    const kills = this.#unsure;
    this.#unsure = [];
    if (await this.#isSound(kills)) return kills.map((kill) => [kill.mutant, verdictOf(kill)] as const);
    const again: [number, Verdict][] = [];
    for (const { mutant } of kills) {
      await this.#end();
      const probes = this.#baseline.probes.filter(({ reached }) => reached.has(mutant));
      again.push([mutant, verdictOf(await this.#try(mutant, probes))]);
    }
    await this.#end();
    return again;
  }

  async #isSound(kills: readonly Kill[]): Promise<boolean> {
    if (this.#trial?.isAlive !== true) return true;
    const killers = new Set(kills.map(({ killer }) => killer));
    const tests = this.#inOrder(
      this.#baseline.probes.filter(({ test }) => killers.has(test)),
      -1,
    );
    return failureOf(await this.#trial.run({ mutant: NONE, tests, bail: true })) === undefined;
  }

  async #process(): Promise<Trial> {
    if (this.#trial?.isAlive === true) return this.#trial;
    const trial = await this.#start(NONE, BASELINE_MS);
    if (typeof trial === 'string') throw new Error(`the tests can no longer be loaded: ${trial}`);
    this.#trial = trial;
    return trial;
  }

  /** The likeliest to kill for the time that it takes comes first. */
  #inOrder(probes: readonly Probe[], first: number): { test: number; limitMs: number }[] {
    const rank = ({ test, ms }: Probe): number =>
      test === first ? -1 : ms / (1 + (this.#kills.get(test) ?? 0));
    return probes
      .toSorted((a, b) => rank(a) - rank(b))
      .map(({ test, ms }) => ({ test, limitMs: this.#court.slackMs + SLOWER * ms }));
  }

  #start(mutant: number, limitMs: number): Promise<Trial | string> {
    return Trial.start(this.#court, { ...this.#court.assignment, mutant }, limitMs);
  }

  async #end(): Promise<void> {
    await this.#trial?.[Symbol.asyncDispose]();
    this.#trial = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}

function verdictOf(kill: Kill | undefined): Verdict {
  if (kill === undefined) return 'survived';
  return kill.hung ? 'timeout' : 'killed';
}

function failureOf(outcomes: readonly Outcome[]): Outcome | undefined {
  return outcomes.find(({ error }) => error !== undefined);
}
