import { isDeepStrictEqual } from 'node:util';
import { type Kernel, type ModuleClass, type ModuleInfo, moduleDefinition } from '../../../core/index.js';
import { dependencies } from '../check/order.js';
import type { ModuleSetting } from '../configuration.js';
import type { Place, Problem } from '../problem.js';
import type { Change } from './change.js';
import { settingsDifferences } from './differences.js';

/** What becomes of one module of the file. */
export interface ModuleFate {
  readonly name: string;
  readonly action: 'load' | 'reload' | 'reconfigure' | 'unload' | 'keep';
  /** As the file has it from now on; undefined when it goes. */
  readonly wanted: ModuleSetting | undefined;
  /** As we have it in the kernel; undefined when we have not loaded it. */
  readonly now: ModuleSetting | undefined;
  readonly details: readonly string[];
}

export interface ModulePlan {
  /** Modules that go first, then those that stay or come, in the order of loading. */
  readonly fates: readonly ModuleFate[];
  readonly problems: readonly Problem[];
}

/**
 * Compares the modules that a file wants with those that run: what is new is loaded, what is gone is unloaded, what has
 * other settings takes them while it runs, if it can, and else is loaded anew together with what depends on it.
 *
 * @param now the modules that an earlier file has loaded
 */
export async function planModules(
  kernel: Kernel,
  wanted: readonly ModuleSetting[],
  now: readonly ModuleSetting[],
): Promise<ModulePlan> {
  for (;;) {
    try {
      return await new Planner(kernel, wanted, now).plan();
    } catch (error) {
      if (!(error instanceof Outdated)) throw error;
    }
  }
}

/** A module was unloaded by somebody else while the plan was made. */
class Outdated extends Error {}

class Planner {
  readonly #kernel: Kernel;
  readonly #wanted: readonly ModuleSetting[];
  readonly #loaded: ReadonlyMap<string, ModuleInfo>;
  readonly #ours: ReadonlyMap<string, ModuleSetting>;
  readonly #problems: Problem[] = [];

  constructor(kernel: Kernel, wanted: readonly ModuleSetting[], now: readonly ModuleSetting[]) {
    this.#kernel = kernel;
    this.#wanted = wanted;
    this.#loaded = new Map(kernel.modules().map((info) => [info.name, info]));
    // One that somebody has unloaded by hand is loaded again.
    this.#ours = new Map(now.filter(({ name }) => this.#loaded.has(name)).map((each) => [each.name, each]));
  }

  async plan(): Promise<ModulePlan> {
    const names = new Set(this.#wanted.map(({ name }) => name));
    const gone = [...this.#ours.values()].filter(({ name }) => !names.has(name));
    const fates = gone.map((now): ModuleFate => ({ ...fate(now, 'unload'), wanted: undefined, now }));
    const reloaded = new Set<string>();
    for (const each of this.#wanted) fates.push(await this.#fate(each, reloaded));
    for (const each of fates) this.#checkUsers(each, reloaded);
    return { fates, problems: this.#problems };
  }

  async #fate(wanted: ModuleSetting, reloaded: Set<string>): Promise<ModuleFate> {
    const now = this.#ours.get(wanted.name);
    if (now === undefined) return this.#newcomer(wanted);
    const details = await this.#changes(wanted, now);
    const below = dependencies(wanted.module).find(({ name }) => reloaded.has(name));
    const action = this.#action(wanted, now, details, below !== undefined);
    if (action === 'reload') reloaded.add(wanted.name);
    const reason = below === undefined ? [] : [`because ${below.name}, which it depends on, is loaded anew`];
    return { name: wanted.name, action, wanted, now, details: [...details, ...reason] };
  }

  #action(
    wanted: ModuleSetting,
    now: ModuleSetting,
    details: readonly string[],
    uprooted: boolean,
  ): ModuleFate['action'] {
    const moved = !isDeepStrictEqual(wanted.isolate, now.isolate);
    if (uprooted || moved || !this.#runs(wanted, now)) return 'reload';
    if (details.length === 0 && isDeepStrictEqual(wanted.settings, now.settings)) return 'keep';
    return isReconfigurable(wanted.module) ? 'reconfigure' : 'reload';
  }

  /** Somebody may have loaded it by hand, or another module for itself: it stays, and takes the file's settings. */
  async #newcomer(wanted: ModuleSetting): Promise<ModuleFate> {
    const { name, settings, checked, module } = wanted;
    const there = this.#loaded.has(name);
    if (there && settings !== undefined) {
      if (!isReconfigurable(module))
        this.#problem(wanted.place, name, 'has been loaded by hand: unload it first');
      const details = (await this.#said(name, checked)) ?? [];
      return { name, action: 'load', wanted, now: undefined, details };
    }
    return { ...fate(wanted, 'load'), wanted, now: undefined };
  }

  /** What the module says would change; if it cannot say, how the settings differ. */
  async #changes(
    { name, module, settings, checked, isolate }: ModuleSetting,
    now: ModuleSetting,
  ): Promise<readonly string[]> {
    const said = this.#runs({ module }, now) ? await this.#said(name, checked) : undefined;
    const details =
      said ?? settingsDifferences(now.settings, settings, moduleDefinition(module).secrets ?? []);
    return [...details, ...settingsDifferences({ isolate: now.isolate }, { isolate }, [])];
  }

  /** @throws Outdated; else as `kernel.changes` */
  async #said(name: string, checked: unknown): Promise<readonly string[] | undefined> {
    try {
      return await this.#kernel.changes(name, checked);
    } catch (error) {
      if (this.#kernel.modules().some((each) => each.name === name)) throw error;
      throw new Outdated(name, { cause: error });
    }
  }

  /** Whether the kernel has the class loaded, or has replaced it by newer code: `kldreload` does. */
  #runs({ module }: Pick<ModuleSetting, 'module'>, now: ModuleSetting): boolean {
    return module === now.module || this.#kernel.has(module, now.name);
  }

  /** What is loaded anew must not be in use by others than us. */
  #checkUsers({ name, action, wanted }: ModuleFate, reloaded: ReadonlySet<string>): void {
    if (action !== 'reload') return;
    const { usedBy, refs } = this.#loaded.get(name)!;
    const { place } = wanted!;
    const strangers = usedBy.filter((user) => !this.#ours.has(user) && !reloaded.has(user));
    if (strangers.length > 0)
      this.#problem(
        place,
        name,
        `is in use by ${strangers.join(', ')}, which is not of this file: unload it first`,
      );
    else if (refs > usedBy.length + 1)
      this.#problem(place, name, 'must be loaded anew, but has been loaded by hand too: unload it first');
  }

  #problem(place: Place | undefined, name: string, message: string): void {
    this.#problems.push({ place: place ?? NOWHERE, path: `modules.${name}`, message });
  }
}

/** Of a module that no file names, because another one needs it. */
const NOWHERE: Place = { file: 'carpet.yaml', line: 1, column: 1 };

function fate({ name }: ModuleSetting, action: ModuleFate['action']) {
  return { name, action, details: [] };
}

/** Whether a module takes other settings while it runs. */
export function isReconfigurable(module: ModuleClass): boolean {
  return typeof (module.prototype as { reconfigure?: unknown }).reconfigure === 'function';
}

/** The changes that are worth telling. */
export function moduleChanges({ fates }: ModulePlan): Change[] {
  return fates.flatMap(({ name, action, details }) =>
    action === 'keep' ? [] : [{ action, subject: name, details }],
  );
}
