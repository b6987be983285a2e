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
   * after that, or for the next round, where it was this that was under way.
   */
  async catchUp(): Promise<void> {
    const { closed } = this.#services;
    for (let isNews = true; isNews && !closed(); ) isNews = await this.#round();
  }

  /** @returns whether anything has come up, for which others may have waited */
  async #round(): Promise<boolean> {
    const { parked, table } = this.#services;
    const came: boolean[] = [];
    for (const each of parked.take((one) => this.#isReady(one))) came.push(await this.#loadAgain(each));
    for (const file of this.#lacking()) {
      const isRestarted = table.files.get(file.name) !== file;
      if (!isRestarted) came.push(await this.#restart(file));
    }
    return came.includes(true);
  }

  #isReady({ name, waitsFor }: ParkedModule): boolean {
    const { table } = this.#services;
    return !table.isBusy(name) && [...waitsFor].every((each) => this.#isThere(each));
  }

  #isThere(name: string): boolean {
    const { table } = this.#services;
    return table.files.has(name) && !table.isBusy(name);
  }

  async #loadAgain(parked: ParkedModule): Promise<boolean> {
    const { table, loader, warn, parked: all } = this.#services;
    const { name, module, given, userrefs } = parked;
    const { settings, ...options } = given;
    try {
      // Loaded by hand meanwhile, it has settings of its own.
      await (table.files.has(name)
        ? loader.load(module, undefined, { as: name })
        : loader.load(module, settings, options));
      table.find(name).userrefs += userrefs - 1;
      return true;
    } catch (error) {
      warn(`${name} does not come back with what it depends on: ${describe(error)}`);
      all.putBack(parked);
      return false;
    }
  }

  /** Those that have not got an optional dependency that is loaded. */
  #lacking(): LinkerFile[] {
    const { table } = this.#services;
    return [...table.files.values()].filter((follower) => {
      const { name, definition, dependencies } = follower;
      const lacks = (wanted: string): boolean =>
        this.#isThere(wanted) && !dependencies.some((file) => file.name === wanted);
      return (
        definition.follows === true &&
        !table.isBusy(name) &&
        optionalNames(definition).some(lacks) &&
        // The load that is under way may wait for this.
        table.comerOn([follower, ...table.dependentsOf(follower)]) === undefined
      );
    });
  }

  async #restart({ name, module }: LinkerFile): Promise<boolean> {
    const { reloader, warn } = this.#services;
    try {
      await reloader.reload(name, async () => module);
      return true;
    } catch (error) {
      warn(`${name} goes on without its optional dependency: ${describe(error)}`);
      return false;
    }
  }
}
