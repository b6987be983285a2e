/**
 * @module
 * The settings file of a running kernel, as a module of it: whoever controls the kernel injects this.
 *
 * Everything that reads or changes settings goes one after another; what is asked for meanwhile waits. A plan is made
 * against what runs at that moment, so that what somebody changed by hand is put in line with the file. Modules that no
 * file names are not touched.
 *
 * Points to: the kernel, whose modules it loads; the history, which keeps the configurations, with their secrets, in
 * memory and nowhere else.
 */
import * as v from 'valibot';
import {
  type Callout,
  CarpetError,
  Clock,
  inject,
  type Json,
  Kernel,
  Log,
  Module,
  type ModuleLifecycle,
  Scope,
  SETTINGS,
} from '../../core/index.js';
import { captureByHand, type LoadedByHand, loadByHand, loadedByHand } from './by-hand.js';
import { type Checked, type CheckOptions, checkFiles } from './check/check.js';
import type { FindRunning } from './check/locate.js';
import { moduleUrl } from './check/packages.js';
import type { Configuration, LogSettings } from './configuration.js';
import { ApplyHistory, type ApplyReason, type HistoryRecord } from './history.js';
import type { Applied, ApplyOptions, Difference, Shown } from './outcome.js';
import { type Plan, Planner } from './plan/plan.js';
import type { SysctlWish } from './plan/sysctls.js';
import { ConfigError, formatProblem, type Problem } from './problem.js';
import { showConfiguration } from './show.js';
import { registerVerbs } from './verbs.js';

export type { Applied, ApplyOptions, Difference, Shown };

/** What `kernel.load(BootModule, …)` takes; {@link boot} fills it in. */
export interface BootSettings extends CheckOptions {
  /** The main settings file. */
  readonly file: string;
  /** Puts the file's `log:` into force; it must not throw. */
  readonly setLog?: (settings: LogSettings) => void | Promise<void>;
}

const stateSchema = v.object({
  shares: v.record(v.string(), v.number()),
  /** Absent in a state from before modules came over that were loaded by hand. */
  byHand: v.optional(v.array(loadedByHand), []),
});

/**
 * Checks, compares and applies the kernel's settings file while the kernel runs.
 *
 * Codes of what its methods throw: ECONFIG (a ConfigError with every mistake), EAPPLY (a step failed and everything is
 * as before), EAGAIN (an earlier change waits to be confirmed, or a successor prepares), ECONFIRM (no change waits for
 * that), EUNDO (nothing to go back to).
 */
@Module({ name: 'boot', settings: v.custom<BootSettings>((given) => typeof given === 'object') })
export class BootModule implements ModuleLifecycle {
  readonly #settings: BootSettings;
  readonly #kernel: Kernel;
  readonly #planner: Planner;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #history = new ApplyHistory();
  readonly #unconfirmed: Callout;
  #confirmUntil: number | undefined;
  /** Of a predecessor. */
  #byHand: readonly LoadedByHand[] = [];
  /** Held until the last change is confirmed or undone. */
  #unsettled: Disposable | undefined;
  /** What that has changed of sysctls which were set by hand, as they were. */
  #overridden: readonly SysctlWish[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    @inject(SETTINGS) settings: BootSettings,
    @inject(Kernel) kernel: Kernel,
    @inject(Clock) clock: Clock,
    @inject(Log) log: Log,
    @inject(Scope) scope: Scope,
  ) {
    this.#settings = settings;
    this.#kernel = kernel;
    this.#planner = new Planner(kernel, settings.setLog ?? (() => undefined));
    this.#clock = clock;
    this.#log = log;
    this.#unconfirmed = scope.callout('confirm', () => void this.#expired());
    registerVerbs(this, scope);
  }

  /**
   * The successor reads the file itself; what this one has added to sums is in what other modules hand over. What no file
   * names, it learns from here.
   */
  handover(): Json {
    const named = new Set(this.#history.current?.modules.map(({ name }) => name));
    const byHand = captureByHand(this.#kernel, named);
    return { shares: this.#planner.captureShares(), byHand };
  }

  takeover(state: Json): void {
    const { shares, byHand } = v.parse(stateSchema, state);
    this.#planner.inheritShares(shares);
    this.#byHand = byHand;
  }

  /**
   * In a successor, when all runs that the files name: loads what was loaded by hand in the predecessor, as it was.
   * @throws CarpetError EHANDOVER
   */
  loadInherited(): Promise<void> {
    return this.#changing(() => loadByHand(this.#kernel, this.#byHand));
  }

  /** Without it nobody could change the settings any more. */
  quiesce(): string | undefined {
    return this.#history.current && 'it holds the settings of this kernel';
  }

  /** Reads and checks the files; nothing is compared with what runs. Never throws. */
  check(): Promise<Checked> {
    const { file } = this.#settings;
    const all = this.#kernel
      .running()
      .map((each) => ({ ...each, at: moduleUrl(each.source, file) ?? each.source }));
    const running: FindRunning = (source, as) => all.find((each) => each.at === source && each.as === as);
    return checkFiles(file, { ...this.#settings, clock: this.#clock, running });
  }

  /** What applying the files would change now. @throws ConfigError */
  diff(): Promise<Difference> {
    return this.#inTurn(async () => {
      const { configuration, warnings } = await this.#read();
      const { changes, problems } = await this.#planner.plan(configuration, this.#history.current);
      if (problems.length > 0) throw new ConfigError(problems);
      return { changes, warnings };
    });
  }

  /**
   * Reads the files and brings the kernel in line with them, whole or not at all.
   * @throws ConfigError, ApplyError; CarpetError EAGAIN while an earlier change waits to be confirmed, or a successor
   *   prepares to take this kernel's place
   */
  apply({ timeoutMs }: ApplyOptions = {}): Promise<Applied> {
    return this.#changing(async () => {
      this.#assertConfirmed();
      const { configuration, warnings } = await this.#read();
      return this.#bringInLine(configuration, warnings, 'apply', timeoutMs);
    });
  }

  /** Applies what has been read and checked already: the first configuration. @throws as `apply` */
  begin(configuration: Configuration, warnings: readonly Problem[] = []): Promise<Applied> {
    return this.#changing(() => this.#bringInLine(configuration, warnings, 'boot', undefined));
  }

  /** What was applied with a timeout stays. @throws CarpetError ECONFIRM when nothing waits for it */
  confirm(): Promise<HistoryRecord> {
    return this.#inTurn(async () => {
      if (!this.#unconfirmed.pending) throw new CarpetError('ECONFIRM', 'no change waits to be confirmed');
      this.#settle();
      this.#log.notice('settings confirmed');
      return this.#history.list().at(-1)!;
    });
  }

  /** Brings the configuration of before into force again, secrets included; the files are not touched. @throws EUNDO */
  undo(): Promise<Applied> {
    return this.#changing(() => this.#undo());
  }

  /** The configurations that can be gone back to, the oldest first; the last one is in force. */
  history(): HistoryRecord[] {
    return this.#history.list();
  }

  /** The configuration in force. */
  show(): Shown {
    const { current } = this.#history;
    const text = current === undefined ? '' : showConfiguration(current);
    return { text, record: this.#history.list().at(-1), confirmUntil: this.#confirmUntil };
  }

  async #undo(): Promise<Applied> {
    const { previous, current } = this.#history;
    if (previous === undefined) throw new CarpetError('EUNDO', 'there are no earlier settings to go back to');
    const plan = await this.#planner.plan(previous, current, this.#overridden);
    await plan.apply();
    this.#settle();
    const { changes } = plan;
    const record = this.#history.back({ time: this.#clock.wallTime(), reason: 'undo', changes });
    this.#tell(record);
    return { changes, warnings: [], record, confirmUntil: undefined };
  }

  async #bringInLine(
    configuration: Configuration,
    warnings: readonly Problem[],
    reason: ApplyReason,
    timeoutMs: number | undefined,
  ): Promise<Applied> {
    for (const warning of warnings) this.#log.warning(formatProblem(warning));
    const plan: Plan = await this.#planner.plan(configuration, this.#history.current);
    const overridden = await plan.apply();
    const time = this.#clock.wallTime();
    const { changes } = plan;
    const told = { time, reason, changes };
    // What is to be confirmed is undone by going back one.
    const record =
      timeoutMs === undefined
        ? this.#history.renew(configuration, told)
        : this.#history.add(configuration, told);
    if (timeoutMs !== undefined) this.#awaitConfirmation(time, timeoutMs, overridden);
    this.#tell({ ...record, ...told });
    return { changes, warnings, record, confirmUntil: this.#confirmUntil };
  }

  async #read(): Promise<{ configuration: Configuration; warnings: readonly Problem[] }> {
    const { configuration, problems, warnings } = await this.check();
    if (configuration === undefined) throw new ConfigError(problems);
    return { configuration, warnings: [...warnings, ...this.#nameWarning(configuration)] };
  }

  /** The kernel has its name from its start. */
  #nameWarning({ name, written }: Configuration): Problem[] {
    if (name === undefined || name === this.#kernel.name) return [];
    const { key } = written.entries.get('name')!;
    return [{ place: key, path: 'name', message: `is ${this.#kernel.name} until the next start` }];
  }

  #assertConfirmed(): void {
    // Not whether the callout is pending: when it has run, what it takes back may still wait for its turn.
    if (this.#confirmUntil === undefined) return;
    throw new CarpetError('EAGAIN', 'the last change has not been confirmed yet: confirm or undo it first');
  }

  /** A successor would know the new settings only, and could not go back: so there is none until then. */
  #awaitConfirmation(time: number, timeoutMs: number, overridden: readonly SysctlWish[]): void {
    this.#confirmUntil = time + timeoutMs;
    this.#overridden = overridden;
    this.#unconfirmed.reset(timeoutMs);
    this.#unsettled = this.#kernel.succession.hold(
      'the last change of the settings has not been confirmed yet: confirm or undo it first',
      { standing: true },
    );
  }

  #settle(): void {
    this.#unconfirmed.stop();
    this.#confirmUntil = undefined;
    this.#overridden = [];
    this.#unsettled?.[Symbol.dispose]();
    this.#unsettled = undefined;
  }

  async #expired(): Promise<void> {
    this.#log.warning('settings were not confirmed in time: going back to those of before');
    try {
      await this.#changing(async () => {
        if (this.#confirmUntil !== undefined) await this.#undo();
      });
    } catch (error) {
      this.#settle();
      this.#log.error(`going back failed: ${(error as Error).message}`);
    }
  }

  #tell({ number, reason, changes }: HistoryRecord): void {
    const what = changes.map(({ action, subject }) => `${action} ${subject}`).join(', ');
    const until = this.#confirmUntil === undefined ? '' : '; to be confirmed';
    this.#log.notice(`settings ${number} in force (${reason}): ${what || 'nothing changed'}${until}`, {
      changes,
    });
  }

  /** In turn, and not while another process takes this one's place. */
  #changing<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      using _hold = this.#kernel.succession.hold('settings are being applied');
      return await work();
    });
  }

  /** One after another: a plan is made against what runs, which must not change meanwhile. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
