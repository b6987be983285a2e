import { isDeepStrictEqual } from 'node:util';
import { CarpetError, type Kernel } from '../../../core/index.js';
import type { Configuration, LogSettings } from '../configuration.js';
import { ConfigError, type Problem } from '../problem.js';
import type { Change, Step } from './change.js';
import { settingsDifferences } from './differences.js';
import { type ModulePlan, moduleChanges, planModules } from './modules.js';
import { moduleSteps, type RemovalOrder, type Settle } from './steps.js';
import { overlaid, SysctlPlanner, type SysctlWish } from './sysctls.js';
import { ApplyError, runSteps } from './transaction.js';

/** What lies between what runs and what a file wants. */
export interface Plan {
  readonly changes: readonly Change[];
  /** What would keep it from being applied. */
  readonly problems: readonly Problem[];
  /**
   * Goes through with it, whole or not at all.
   * @returns the sysctls that had been set by hand and are otherwise now, as they were
   * @throws ApplyError, ConfigError
   */
  readonly apply: () => Promise<readonly SysctlWish[]>;
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

  /**
   * @param now the configuration in force; undefined before the first
   * @param byHand sysctls that are to be as somebody had set them, whatever the file has
   */
  async plan(
    wanted: Configuration,
    now: Configuration | undefined,
    byHand: readonly SysctlWish[] = [],
  ): Promise<Plan> {
    const modules = await planModules(this.#kernel, wanted.modules, now?.modules ?? []);
    const problems = [...this.#sysctls.problems(wanted.sysctl), ...modules.problems];
    const comes = modules.fates.some(({ action }) => action === 'load' || action === 'reload');
    if (!comes) problems.push(...this.#sysctls.missing(wanted.sysctl));
    if (problems.length > 0) return { changes: [], problems, apply: () => refuse(problems) };
    const log = this.#log(wanted.log, now?.log ?? {});
    const settings = overlaid(wanted.sysctl, byHand);
    const sysctls = this.#sysctls.steps(settings, now?.sysctl ?? []);
    return {
      changes: [...log, ...sysctls].map(({ change }) => change).concat(moduleChanges(modules)),
      problems,
      apply: async () => {
        const former = now?.sysctl ?? [];
        const set = this.#sysctls.byHand(former);
        const settle = {
          wanted: () => this.#sysctls.settle(settings),
          former: () => this.#sysctls.settle(overlaid(former, set)),
        };
        const first = [...log, ...sysctls].map(({ step }) => step);
        await this.#apply(wanted, modules, settle, first);
        return this.#sysctls.lost(set);
      },
    };
  }

  async #apply(
    wanted: Configuration,
    { fates }: ModulePlan,
    settle: Settle,
    first: readonly Step[],
  ): Promise<void> {
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

async function refuse(problems: readonly Problem[]): Promise<never> {
  throw new ConfigError(problems);
}

function isTaken(cause: unknown): boolean {
  return cause instanceof CarpetError && TAKEN.has(cause.code);
}
