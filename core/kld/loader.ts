/**
 * @module
 * Loading modules, which is kern_linker.c's part.
 *
 * Loading: circles are refused, dependencies loaded first, settings checked, the class built in a container of its own,
 * `start`, its `@EventHandler` methods registered, `kld_load`. A failure anywhere gives back all of it, dependencies
 * that were loaded only for it included. For the end of modules see unloader.ts.
 *
 * Loads and unloads of different modules may overlap; of one module they wait for each other. A module is
 * held by its user from the very moment it is found or finished, so that it cannot be unloaded in between. A module's
 * `start` may load further modules, though none that depends on it: that waits for ever, and is warned about.
 */
import type { Class } from '../di.js';
import { describe } from '../errors.js';
import type { EventHandlerRegistry } from '../eventhandler/index.js';
import type { Json } from '../json.js';
import type { ModuleBuilder } from './builder.js';
import { assertNoCircle, resolveReference } from './dependencies.js';
import { KldError } from './errors.js';
import { handOver } from './handover.js';
import { LinkerFile, type ModuleInfo, type ModuleInspection } from './linker-file.js';
import type { Given, LoadOptions } from './load-options.js';
import {
  assertModuleName,
  type ModuleClass,
  type ModuleEnd,
  type ModuleReference,
  moduleDefinition,
} from './module.js';
import type { ModuleTable } from './module-table.js';
import { type ModuleOffers, offersOf } from './offers.js';
import { Optional } from './optional.js';
import { areOfOneFile } from './origin.js';
import { parseSettings } from './settings.js';
import type { ModuleUnloader } from './unloader.js';

/** A module that was loaded from a file or a package. */
export interface RunningModule {
  readonly source: string;
  /** The instance's name, where that is not the module's own. */
  readonly as: string | undefined;
  /** Undefined for one in an address space of its own. */
  readonly module: ModuleClass | undefined;
}

/** Adds a reference to a module. */
type Hold = (file: LinkerFile) => void;

/** What the loader needs. */
export interface ModuleLoaderServices {
  readonly eventhandler: EventHandlerRegistry;
  readonly builder: ModuleBuilder;
  readonly table: ModuleTable;
  readonly unloader: ModuleUnloader;
  /** The state that a module's predecessor in another process has handed over. */
  readonly inherited: (name: string) => Json | undefined;
  /** Classes that are built instead of others. */
  readonly overrides: ReadonlyMap<ModuleClass, ModuleClass>;
  readonly warn: (message: string) => void;
}

/** Loads modules, and finds those that are loaded. */
export class ModuleLoader {
  readonly #eventhandler: EventHandlerRegistry;
  readonly #builder: ModuleBuilder;
  readonly #table: ModuleTable;
  readonly #unloader: ModuleUnloader;
  readonly #inherited: ModuleLoaderServices['inherited'];
  readonly #overrides: ReadonlyMap<ModuleClass, ModuleClass>;
  readonly #warn: ModuleLoaderServices['warn'];
  /** Nothing more is loaded: everything is being unloaded, or has been. */
  #closed = false;
  #gone = false;

  constructor({ eventhandler, builder, table, unloader, inherited, overrides, warn }: ModuleLoaderServices) {
    this.#overrides = overrides;
    this.#warn = warn;
    this.#eventhandler = eventhandler;
    this.#builder = builder;
    this.#table = table;
    this.#unloader = unloader;
    this.#inherited = inherited;
  }

  /** Loads a module by its class; loaded already, it gains a reference. @returns its instance */
  async load(module: ModuleClass, settings?: unknown, options: LoadOptions = {}): Promise<object> {
    assertNoCircle(module);
    if (options.as !== undefined) assertInstance(options.as, options);
    const file = await this.#acquire(module, { settings, ...options }, (found) => void found.userrefs++);
    return file.instance;
  }

  /**
   * Asks a loaded module for its state, for a successor in another process.
   *
   * @returns undefined when the module has no `handover`
   * @throws KldError ENOENT, EHANDOVER
   */
  async handover(name: string): Promise<Json | undefined> {
    while (this.#table.isBusy(name)) await this.#table.ended(name);
    return this.#table.run('the handover of', name, async () => {
      const file = this.#table.find(name);
      const state = await handOver(name, file.instance);
      file.handedOver = state !== undefined;
      return state;
    });
  }

  /**
   * Unloads everything, and refuses to load from now on: the end of the kernel.
   *
   * @param deadline on the clock's now
   * @param end `replace` when a successor has what the modules have handed over
   * @returns the modules of which something was left behind, with what; and what their `stop` threw
   */
  async unloadAll(deadline: number, end: ModuleEnd): Promise<{ left: string[]; errors: unknown[] }> {
    this.#closed = true;
    const outcome = await this.#unloader.unloadAll(deadline, end);
    this.#gone = true;
    return outcome;
  }

  /**
   * Gives a loaded module other settings while it runs.
   *
   * @throws KldError ENOENT; ESETTINGS when they do not fit; EOPNOTSUPP when the module can only be loaded anew; and
   *   what the module throws, which then runs on with its former settings
   */
  async reconfigure(name: string, settings: unknown): Promise<void> {
    while (this.#table.isBusy(name)) await this.#table.ended(name);
    await this.#table.run('reconfiguring', name, async () => {
      const file = this.#table.find(name);
      const { instance, definition } = file;
      if (instance.reconfigure === undefined)
        throw new KldError(
          'EOPNOTSUPP',
          `${name} takes no settings while it runs: unload it and load it again`,
        );
      const parsed = await parseSettings(name, definition.settings, settings);
      await instance.reconfigure(parsed);
      file.settings = parsed;
      file.given = { ...file.given, settings };
    });
  }

  /** What a loaded module was given last. @throws KldError ENOENT */
  settings(name: string): unknown {
    return this.#table.find(name).given.settings;
  }

  /**
   * What `reconfigure` would change.
   *
   * @returns one line each, or undefined when the module cannot say
   * @throws KldError ENOENT, ESETTINGS
   */
  async changes(name: string, settings: unknown): Promise<readonly string[] | undefined> {
    while (this.#table.isBusy(name)) await this.#table.ended(name);
    const { instance, definition } = this.#table.find(name);
    return instance.changes?.(await parseSettings(name, definition.settings, settings));
  }

  /** What runs in this address space, or in one of its own, by what it was loaded. */
  running(): RunningModule[] {
    return [...this.#table.files.values()].flatMap(({ module, given: { source, as, isolate } }) =>
      source === undefined ? [] : { source, as, module: isolate === undefined ? module : undefined },
    );
  }

  /** The loaded module's instance. @throws KldError ENOENT */
  get<T extends object>(module: ModuleClass<T>, as?: string): T {
    return this.#table.findClass(module, as).instance as T;
  }

  /** Whether the class, or newer code of its module, is loaded. */
  has(module: ModuleClass, name = moduleDefinition(module).name): boolean {
    return this.#table.files.get(name)?.is(module) ?? false;
  }

  /** What a loaded module offers to other address spaces. @throws KldError ENOENT */
  offers(name: string): ModuleOffers {
    return offersOf(this.#table.find(name));
  }

  modules(): ModuleInfo[] {
    return [...this.#table.files.values()].map((file) => file.info());
  }

  /** Everything that can be seen of the loaded modules, dependencies first. */
  inspect(): ModuleInspection[] {
    return [...this.#table.files.values()].map((file) => file.inspect());
  }

  /** No load begins after the shutdown has, not even one that was waiting for its turn. */
  #assertLoading(name: string): void {
    if (this.#closed) throw new KldError('ECLOSED', `${name} is not loaded: the kernel is shutting down`);
  }

  /**
   * Finds or loads a module, and holds it before anything else can happen to it.
   *
   * @param by the module that needs it and is being loaded; undefined when it is loaded by name
   */
  async #acquire(module: ModuleClass, given: Given, hold: Hold, by?: LinkerFile): Promise<LinkerFile> {
    const name = given.as ?? moduleName(module);
    while (this.#table.isBusy(name)) await this.#table.ended(name);
    const loaded = this.#table.files.get(name);
    if (loaded === undefined) {
      if (by === undefined) this.#assertLoading(name);
      return this.#table.run('loading', name, () => this.#loadFile(module, given, hold));
    }
    // What is imported anew imports what it depends on from its own folder anew, too.
    const isKnown = loaded.is(module) || (by !== undefined && areOfOneFile(loaded.module, module));
    if (!isKnown) throw new KldError('EEXIST', another(name, loaded.given.source, given.source));
    if (given.settings !== undefined) {
      throw new KldError('EEXIST', `${name} is loaded already, with settings of its own`);
    }
    hold(loaded);
    return loaded;
  }

  async #loadFile(module: ModuleClass, given: Given, hold: Hold): Promise<LinkerFile> {
    const implementation = this.#overrides.get(module) ?? module;
    const name = given.as ?? moduleName(module);
    const file = new LinkerFile(module, moduleDefinition(implementation), implementation, name);
    const { state, ...kept } = given;
    file.given = kept;
    this.#table.loading.add(file);
    try {
      await this.acquireDependencies(file);
      await this.#builder.build(file, { state: state ?? this.#inherited(file.name) });
      if (this.#gone) await this.#tooLate(file);
    } catch (error) {
      // The caller wants to know why the module is not loaded, not what a dependency did when it went again.
      await this.#unloader
        .letGo(file)
        .catch((thrown: unknown) => this.#warn(`load of ${file.name}: ${describe(thrown)}`));
      throw error;
    } finally {
      this.#table.loading.delete(file);
    }
    file.state = 'loaded';
    this.#table.files.set(file.name, file);
    hold(file);
    this.#eventhandler.invoke('kld_load', file);
    return file;
  }

  /** Its start hung until after the shutdown. */
  async #tooLate(file: LinkerFile): Promise<never> {
    await this.#builder.demolish(file);
    throw new KldError('ECLOSED', `${file.name} is not loaded: the kernel has shut down meanwhile`);
  }

  /** Loads what the module depends on, where it is not loaded yet, and holds it. @throws KldError */
  async acquireDependencies(file: LinkerFile): Promise<void> {
    for (const reference of file.definition.depends ?? []) await this.#acquireDependency(file, reference);
  }

  async #acquireDependency(file: LinkerFile, reference: ModuleReference): Promise<void> {
    const dependency = resolveReference(file.name, reference);
    if (reference instanceof Optional && !(await this.#isThere(moduleName(dependency)))) return;
    if (typeof dependency !== 'string') {
      const hold: Hold = (found) => file.dependOn(found, dependency);
      await this.#acquire(dependency, {}, hold, file).catch((error: unknown) => {
        throw explained(error, file.name, moduleDefinition(dependency).name);
      });
      return;
    }
    while (this.#table.isBusy(dependency)) await this.#table.ended(dependency);
    const found = this.#table.files.get(dependency);
    if (found === undefined) {
      throw new KldError('EDEPEND', `${file.name} depends on ${dependency}, which is not loaded`);
    }
    file.dependOn(found);
  }

  async #isThere(name: string): Promise<boolean> {
    while (this.#table.isBusy(name)) await this.#table.ended(name);
    return this.#table.files.has(name);
  }
}

/** @throws CarpetError EMODULE for what is no name; KldError EOPNOTSUPP for an isolated module, which has one instance */
function assertInstance(as: string, { isolate }: LoadOptions): void {
  assertModuleName(as);
  if (isolate === undefined) return;
  throw new KldError(
    'EOPNOTSUPP',
    `${as}: a module in an address space of its own is loaded once: leave out as`,
  );
}

/** The name under which a class or a name is loaded. */
export function moduleName(module: string | Class): string {
  return typeof module === 'string' ? module : moduleDefinition(module).name;
}

/** A dependency is loaded without settings; one that needs some says so in its own words, and here is the remedy. */
function explained(error: unknown, file: string, dependency: string): unknown {
  const mine =
    error instanceof KldError && error.code === 'ESETTINGS' && error.message.startsWith(`${dependency}: `);
  if (!mine) return error;
  const remedy = `${file} depends on ${dependency}: load ${dependency} first, with its settings`;
  return new KldError('ESETTINGS', `${error.message} (${remedy})`, { cause: error });
}

/** Why a module is not loaded: there is one of its name, from another class. */
function another(name: string, loaded: string | undefined, source: string | undefined): string {
  if (source === undefined || source !== loaded) return `another module named ${name} is loaded`;
  return `${name} is loaded already, from an older version of ${source}: reload it instead`;
}
