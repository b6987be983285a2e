import { isDeepStrictEqual } from 'node:util';
import { CarpetError, type Kernel } from '../../../core/index.js';
import type { Configuration, LogSettings } from '../configuration.js';
import { ConfigError, type Problem } from '../problem.js';
import type { Change, Step } from './change.js';
import { settingsDifferences } from './differences.js';
import { type ModulePlan, moduleChanges, planModules } from './modules.js';
import { moduleSteps, type RemovalOrder } from './steps.js';
import { SysctlPlanner } from './sysctls.js';
import { ApplyError, runSteps } from './transaction.js';

/** What lies between what runs and what a file wants. */
export interface Plan {
  readonly changes: readonly Change[];
  /** What would keep it from being applied. */
  readonly problems: readonly Problem[];
  /** Goes through with it, whole or not at all. @throws ApplyError, ConfigError */
  readonly apply: () => Promise<void>;
}

/** Errors that say that something new wants what something else holds. */
const TAKEN: ReadonlySet<unknown> = new Set(['EEXIST', 'EADDRINUSE', 'EBUSY']);

/** Compares configurations with a running kernel, and makes plans to bring it in line. */
export class Planner {
  readonly #kernel: Kernel;
  readonly #sysctls: SysctlPlanner;
  readonly #setLog: (settings: LogSettings) => void | Promise<void>;

  /** @param setLog puts log settings into force */
  constructor(kernel: Kernel, setLog: (settings: LogSettings) => void | Promise<void>) {
    this.#kernel = kernel;
    this.#sysctls = new SysctlPlanner(kernel);
    this.#setLog = setLog;
  }

  /** What the file has added to sums, for a successor. */
  captureShares(): Record<string, number> {
    return this.#sysctls.captureShares();
  }

  inheritShares(shares: Readonly<Record<string, number>>): void {
    this.#sysctls.inheritShares(shares);
  }

  /** @param now the configuration in force; undefined before the first */
  async plan(wanted: Configuration, now: Configuration | undefined): Promise<Plan> {
    const modules = await planModules(this.#kernel, wanted.modules, now?.modules ?? []);
    const problems = [...this.#sysctls.problems(wanted.sysctl), ...modules.problems];
    const comes = modules.fates.some(({ action }) => action === 'load' || action === 'reload');
    if (!comes) problems.push(...this.#sysctls.missing(wanted.sysctl));
    if (problems.length > 0) return { changes: [], problems, apply: () => refuse(problems) };
    const log = this.#log(wanted.log, now?.log ?? {});
    const sysctls = this.#sysctls.steps(wanted.sysctl, now?.sysctl ?? []);
    return {
      changes: [...log, ...sysctls].map(({ change }) => change).concat(moduleChanges(modules)),
      problems,
      apply: () =>
        this.#apply(
          wanted,
          now,
          modules,
          [...log, ...sysctls].map(({ step }) => step),
        ),
    };
  }

  async #apply(
    wanted: Configuration,
    now: Configuration | undefined,
    { fates }: ModulePlan,
    first: readonly Step[],
  ): Promise<void> {
    const settle = {
      wanted: () => this.#sysctls.settle(wanted.sysctl),
      former: () => this.#sysctls.settle(now?.sysctl ?? []),
    };
    const run = (removals: RemovalOrder): Promise<void> =>
      runSteps([
        ...first,
        ...moduleSteps(this.#kernel, fates, settle, removals),
        { name: 'set the sysctls', run: () => this.#assertSysctls(wanted), undo: () => undefined },
      ]);
    try {
      await run('last');
    } catch (error) {
      const leaves = fates.some(({ action }) => action === 'unload');
      if (!leaves || !(error instanceof ApplyError) || !isTaken(error.cause)) throw error;
      await run('first');
    }
  }

  /** Now that every module is loaded, every sysctl must be there. */
  #assertSysctls({ sysctl }: Configuration): void {
    const missing = this.#sysctls.missing(sysctl);
    if (missing.length > 0) throw new ConfigError(missing);
  }

  #log(wanted: LogSettings, now: LogSettings): { step: Step; change: Change }[] {
    if (isDeepStrictEqual(wanted, now)) return [];
    const change: Change = { action: 'set', subject: 'log', details: settingsDifferences(now, wanted, []) };
    return [
      { change, step: { name: 'set log', run: () => this.#setLog(wanted), undo: () => this.#setLog(now) } },
    ];
  }
}

async function refuse(problems: readonly Problem[]): Promise<void> {
  throw new ConfigError(problems);
}

function isTaken(cause: unknown): boolean {
  return cause instanceof CarpetError && TAKEN.has(cause.code);
}
