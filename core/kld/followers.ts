/**
 * @module
 * Modules that follow what they depend on (`follows` of their `@Module`): the unloader takes them down with a dependency
 * and parks them; here they come up again, and start anew when an optional dependency has come.
 */
import { describe } from '../errors.js';
import { optionalNames } from './dependencies.js';
import type { LinkerFile } from './linker-file.js';
import type { ModuleLoader } from './loader.js';
import type { ModuleTable } from './module-table.js';
import type { ParkedModule, ParkedModules } from './parked.js';
import type { ModuleReloader } from './reloader.js';

/** What the followers need. */
export interface FollowerServices {
  readonly table: ModuleTable;
  readonly parked: ParkedModules;
  readonly loader: ModuleLoader;
  readonly reloader: ModuleReloader;
  readonly warn: (message: string) => void;
  /** Whether the kernel is shutting down. */
  readonly closed: () => boolean;
}

/** Brings modules in line with what is loaded now. */
export class Followers {
  readonly #services: FollowerServices;

  constructor(services: FollowerServices) {
    this.#services = services;
  }

  /**
   * Loads again what waits for nothing any more, and restarts what lacks an optional dependency that is there now. Called
   * when anything has ended that was under way with a module: one that something is under way with is left for the call
   * after that.
   */
  async catchUp(): Promise<void> {
    const { parked, closed } = this.#services;
    if (closed()) return;
    for (const each of parked.take((one) => this.#isReady(one))) await this.#loadAgain(each);
    for (const file of this.#lacking()) await this.#restart(file);
  }

  #isReady({ name, waitsFor }: ParkedModule): boolean {
    const { table } = this.#services;
    return !table.isBusy(name) && [...waitsFor].every((each) => this.#isThere(each));
  }

  #isThere(name: string): boolean {
    const { table } = this.#services;
    return table.files.has(name) && !table.isBusy(name);
  }

  async #loadAgain(parked: ParkedModule): Promise<void> {
    const { table, loader, warn, parked: all } = this.#services;
    const { name, module, given, userrefs } = parked;
    const { settings, ...options } = given;
    try {
      // Loaded by hand meanwhile, it has settings of its own.
      await (table.files.has(name)
        ? loader.load(module, undefined, { as: name })
        : loader.load(module, settings, options));
      table.find(name).userrefs += userrefs - 1;
    } catch (error) {
      warn(`${name} does not come back with what it depends on: ${describe(error)}`);
      all.putBack(parked);
    }
  }

  /** Those that have not got an optional dependency that is loaded. */
  #lacking(): LinkerFile[] {
    const { table } = this.#services;
    return [...table.files.values()].filter(
      ({ name, definition, dependencies }) =>
        definition.follows === true &&
        !table.isBusy(name) &&
        optionalNames(definition).some(
          (wanted) => this.#isThere(wanted) && !dependencies.some((file) => file.name === wanted),
        ),
    );
  }

  async #restart({ name, module }: LinkerFile): Promise<void> {
    const { reloader, warn } = this.#services;
    await reloader
      .reload(name, async () => module)
      .catch((error: unknown) => warn(`${name} goes on without its optional dependency: ${describe(error)}`));
  }
}
