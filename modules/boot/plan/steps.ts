import { CarpetError, describe, type Kernel } from '../../../core/index.js';
import { dependencies } from '../check/order.js';
import type { ModuleSetting } from '../configuration.js';
import type { Step } from './change.js';
import { isReconfigurable, type ModuleFate } from './modules.js';

/** When modules that go are unloaded. */
export type RemovalOrder = 'last' | 'first';

/** Called after a module has been loaded, to set its sysctls: as the new file has them, or as the former one had. */
export interface Settle {
  readonly wanted: () => void;
  readonly former: () => void;
}

/**
 * The steps from the modules that run to those that are wanted.
 *
 * What may fail and can be taken back without a trace comes first: modules that are loaded, and settings that change
 * while their module runs. Then what is loaded anew. What is unloaded for good goes last, because a CARP master that
 * has bowed out is not master again by being loaded; unless something new wants what it holds, which `removals` says.
 */
export function moduleSteps(
  kernel: Kernel,
  fates: readonly ModuleFate[],
  settle: Settle,
  removals: RemovalOrder,
): Step[] {
  const parts = new StepMaker(kernel, settle);
  const uprooted = uprootedBy(fates);
  const leaves = (each: ModuleFate): boolean => each.action === 'unload';
  const leavesEarly = (each: ModuleFate): boolean =>
    leaves(each) && (removals === 'first' || uprooted.has(each.name));
  const isCalm = ({ action, name }: ModuleFate): boolean =>
    action === 'reconfigure' || (action === 'load' && !uprooted.has(name));
  const calm = fates.filter(isCalm).map((each) => parts.bring(each));
  const down = parts.unload(fates.filter((each) => each.action === 'reload' || leavesEarly(each)));
  const up = fates
    .filter((each) => !isCalm(each) && (each.action === 'load' || each.action === 'reload'))
    .map((each) => parts.bring(each));
  const gone = parts.unload(fates.filter((each) => leaves(each) && !leavesEarly(each)));
  return removals === 'first' ? [...down, ...calm, ...up] : [...calm, ...down, ...up, ...gone];
}

/** Everything that is loaded anew, and whatever depends on it. */
function uprootedBy(fates: readonly ModuleFate[]): Set<string> {
  const uprooted = new Set(fates.filter(({ action }) => action === 'reload').map(({ name }) => name));
  for (let grown = true; grown; ) {
    grown = false;
    for (const { name, wanted, now } of fates) {
      if (uprooted.has(name)) continue;
      const needs = dependencies((wanted ?? now)!.module).some((each) => uprooted.has(each.name));
      if (needs) uprooted.add(name);
      grown ||= needs;
    }
  }
  return uprooted;
}

class StepMaker {
  readonly #kernel: Kernel;
  readonly #settle: Settle;

  constructor(kernel: Kernel, settle: Settle) {
    this.#kernel = kernel;
    this.#settle = settle;
  }

  /** Unloads in the reverse order of loading. What goes for good stays for others that depend on it. */
  unload(fates: readonly ModuleFate[]): Step[] {
    const order = this.#kernel.modules().map(({ name }) => name);
    return fates
      .toSorted((a, b) => order.indexOf(b.name) - order.indexOf(a.name))
      .map(({ name, action, now }) => ({
        name: `unload ${name}`,
        run: () => (action === 'unload' ? this.#kernel.release(name) : this.#kernel.unload(name)),
        undo: () => this.#loadAgain(now!),
      }));
  }

  /** Loads a module, or changes its settings. */
  bring({ name, action, wanted, now }: ModuleFate): Step {
    if (action === 'reconfigure')
      return {
        name: `reconfigure ${name}`,
        run: () => this.#kernel.reconfigure(name, wanted!.checked),
        undo: () => this.#kernel.reconfigure(name, now!.checked),
      };
    let undo = async (): Promise<void> => undefined;
    return {
      name: `load ${name}`,
      run: async () => {
        undo = await this.#load(wanted!, this.#settle.wanted);
      },
      undo: () => undo(),
    };
  }

  /** One that somebody else has loaded is given our settings while it runs. @returns what takes that back */
  async #load(setting: ModuleSetting, settle: () => void): Promise<() => Promise<void>> {
    const { name, as, module, checked, isolate, source } = setting;
    const there = this.#isLoaded(name);
    const former = there ? this.#kernel.settings(name) : undefined;
    await this.#kernel.load(module, there ? undefined : checked, { source, isolate, as });
    let undo = (): Promise<void> => this.#kernel.release(name);
    try {
      if (there && checked !== undefined && isReconfigurable(module)) {
        await this.#kernel.reconfigure(name, checked);
        undo = () => this.#return(name, former);
      }
      settle();
    } catch (error) {
      await undo();
      throw error;
    }
    return undo;
  }

  /** Leaves it to whoever had loaded it, with the settings that it had. @throws CarpetError EUNDO */
  async #return(name: string, former: unknown): Promise<void> {
    try {
      await this.#kernel.reconfigure(name, former);
    } catch (error) {
      throw new CarpetError('EUNDO', `its former settings: ${describe(error)}`, { cause: error });
    } finally {
      await this.#kernel.release(name);
    }
  }

  /** One that has stayed for others still has its settings. */
  async #loadAgain(former: ModuleSetting): Promise<void> {
    const { name, as, module, isolate } = former;
    if (this.#isLoaded(name)) await this.#kernel.load(module, undefined, { isolate, as });
    else await this.#load(former, this.#settle.former);
  }

  #isLoaded(name: string): boolean {
    return this.#kernel.modules().some((each) => each.name === name);
  }
}
