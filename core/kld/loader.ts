/**
 * The module loader, kern_linker.c's part: which modules are loaded, who uses whom.
 *
 * Loading: circles are refused, dependencies loaded first, settings checked, the class built in a container of its own,
 * `start`, its `@EventHandler` methods registered, `kld_load`. A failure anywhere gives back all of it, dependencies
 * that were loaded only for it included.
 * Unloading: refused while in use; `kld_unload_try` and `quiesce` may refuse; then the module's handlers die at once
 * and their running calls are awaited, `stop`, the scope closes, `kld_unload`, and dependencies that nobody else
 * needs go too.
 *
 * Loads and unloads of different modules may overlap; of one module they wait for each other. Whoever acquires a module
 * holds it from the very moment it is found or finished, so that nobody else can unload it in between. A module's
 * `start` may load further modules, though none that depends on it: that waits for ever, and is warned about.
 */
import type { Class } from '../di.js';
import { describe } from '../errors.js';
import { type EventHandlerRegistry, Veto } from '../eventhandler/index.js';
import type { ModuleBuilder } from './builder.js';
import { assertNoCircle, resolveReference } from './dependencies.js';
import { KldError } from './errors.js';
import { LinkerFile, type ModuleInfo, type ModuleInspection } from './linker-file.js';
import { type ModuleClass, type ModuleReference, moduleDefinition } from './module.js';
import { parseSettings } from './settings.js';

/** Takes hold of a module for whoever wanted it. */
type Hold = (file: LinkerFile) => void;

/** Runs something. @returns whether it ended in time */
export type TimeLimit = (work: () => Promise<unknown>) => Promise<boolean>;

export interface ModuleLoaderServices {
  readonly eventhandler: EventHandlerRegistry;
  readonly builder: ModuleBuilder;
  /** Warns when what it names goes on for too long, until it is disposed of. */
  readonly watch: (what: string) => Disposable;
}

export class ModuleLoader {
  /** By name, in the order in which loading ended, which is an order in which dependencies come first. */
  readonly #files = new Map<string, LinkerFile>();
  /** Loads and unloads under way, by module. */
  readonly #underWay = new Map<string, Promise<unknown>>();
  readonly #eventhandler: EventHandlerRegistry;
  readonly #builder: ModuleBuilder;
  readonly #watch: ModuleLoaderServices['watch'];
  /** Nothing more is loaded: everything is being unloaded, or has been. */
  #closed = false;
  #gone = false;

  constructor({ eventhandler, builder, watch }: ModuleLoaderServices) {
    this.#eventhandler = eventhandler;
    this.#builder = builder;
    this.#watch = watch;
  }

  /** Loads a module by its class; loaded already, it gains a reference. @returns its instance */
  async load(module: ModuleClass, settings?: unknown): Promise<object> {
    assertNoCircle(module);
    const file = await this.#acquire(module, settings, (found) => void found.userrefs++);
    return file.instance;
  }

  /** Takes one reference; the last one unloads. @throws KldError EBUSY when in use or vetoed, ENOENT */
  async unload(name: string): Promise<void> {
    while (this.#underWay.has(name)) await this.#ended(name);
    const file = this.#find(name);
    if (file.userrefs > 1) {
      file.userrefs--;
      return;
    }
    await this.#once(`unloading ${name}`, name, () => this.#unloadFile(file));
  }

  /**
   * Takes one reference, as `unload`; but a module that others depend on stays for them, and goes with the last.
   * @throws KldError EBUSY when vetoed, or when no reference by name is left; ENOENT
   */
  async release(name: string): Promise<void> {
    while (this.#underWay.has(name)) await this.#ended(name);
    const file = this.#find(name);
    if (file.dependents.size === 0 || file.userrefs === 0) return this.unload(name);
    file.userrefs--;
  }

  /**
   * Unloads everything, dependents before their dependencies, veto or not: the end of the kernel.
   *
   * @param limit says whether what it is given has ended in time; a module that has not is left behind
   * @returns the modules left behind
   */
  async unloadAll(limit: TimeLimit): Promise<string[]> {
    this.#closed = true;
    await limit(async () => {
      while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay.values());
    });
    const left: string[] = [];
    const errors: unknown[] = [];
    for (const file of [...this.#files.values()].toReversed()) {
      const { name } = file;
      const takeDown = (): Promise<unknown> =>
        this.#once(`unloading ${name}`, name, () => this.#takeDown(file)).catch((error) =>
          errors.push(error),
        );
      if (!(await limit(takeDown))) left.push(name);
    }
    this.#gone = true;
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors);
    return left;
  }

  /**
   * Gives a loaded module other settings while it runs.
   *
   * @throws KldError ENOENT; ESETTINGS when they do not fit; EOPNOTSUPP when the module can only be loaded anew; and
   *   what the module throws, which then runs on with its former settings
   */
  async reconfigure(name: string, settings: unknown): Promise<void> {
    while (this.#underWay.has(name)) await this.#ended(name);
    await this.#once(`reconfiguring ${name}`, name, async () => {
      const file = this.#find(name);
      const { instance, definition } = file;
      if (instance.reconfigure === undefined)
        throw new KldError(
          'EOPNOTSUPP',
          `${name} takes no settings while it runs: unload it and load it again`,
        );
      const parsed = await parseSettings(name, definition.settings, settings);
      await instance.reconfigure(parsed);
      file.settings = parsed;
    });
  }

  /**
   * What `reconfigure` would change.
   *
   * @returns one line each, or undefined when the module cannot say
   * @throws KldError ENOENT, ESETTINGS
   */
  async changes(name: string, settings: unknown): Promise<readonly string[] | undefined> {
    while (this.#underWay.has(name)) await this.#ended(name);
    const { instance, definition } = this.#find(name);
    return instance.changes?.(await parseSettings(name, definition.settings, settings));
  }

  /** The loaded module's instance. @throws KldError ENOENT */
  get<T extends object>(module: ModuleClass<T>): T {
    const { name } = moduleDefinition(module);
    const file = this.#find(name);
    if (file.module !== module) throw new KldError('ENOENT', `${name} is loaded, but from another class`);
    return file.instance as T;
  }

  modules(): ModuleInfo[] {
    return [...this.#files.values()].map((file) => file.info());
  }

  /** Everything that can be seen of the loaded modules, dependencies first. */
  inspect(): ModuleInspection[] {
    return [...this.#files.values()].map((file) => file.inspect());
  }

  /** Nothing new is begun any more, not even what has waited for this module's turn since before the shutdown. */
  #assertLoading(name: string): void {
    if (this.#closed) throw new KldError('ECLOSED', `${name} is not loaded: the kernel is shutting down`);
  }

  /**
   * Finds or loads a module, and has it held before anybody else can do anything to it.
   *
   * @param by the module that needs it and is being loaded; undefined when it is loaded by name
   */
  async #acquire(module: ModuleClass, settings: unknown, hold: Hold, by?: LinkerFile): Promise<LinkerFile> {
    const { name } = moduleDefinition(module);
    while (this.#underWay.has(name)) await this.#ended(name);
    const loaded = this.#files.get(name);
    if (loaded === undefined) {
      if (by === undefined) this.#assertLoading(name);
      return this.#once(`loading ${name}`, name, () => this.#loadFile(module, settings, hold));
    }
    if (loaded.module !== module) throw new KldError('EEXIST', `another module named ${name} is loaded`);
    if (settings !== undefined) {
      throw new KldError('EEXIST', `${name} is loaded already, with settings of its own`);
    }
    hold(loaded);
    return loaded;
  }

  async #loadFile(module: ModuleClass, settings: unknown, hold: Hold): Promise<LinkerFile> {
    const file = new LinkerFile(module, moduleDefinition(module));
    try {
      for (const reference of file.definition.depends ?? []) await this.#acquireDependency(file, reference);
      await this.#builder.build(file, settings);
      if (this.#gone) await this.#tooLate(file);
    } catch (error) {
      await this.#letGo(file);
      throw error;
    }
    file.state = 'loaded';
    this.#files.set(file.name, file);
    hold(file);
    this.#eventhandler.invoke('kld_load', file);
    return file;
  }

  /** Its start hung, the kernel went down without it, and now it comes. */
  async #tooLate(file: LinkerFile): Promise<never> {
    await this.#builder.demolish(file);
    throw new KldError('ECLOSED', `${file.name} is not loaded: the kernel has shut down meanwhile`);
  }

  async #acquireDependency(file: LinkerFile, reference: ModuleReference): Promise<void> {
    const dependency = resolveReference(file.name, reference);
    if (typeof dependency !== 'string') {
      const hold: Hold = (found) => file.dependOn(found);
      await this.#acquire(dependency, undefined, hold, file).catch((error: unknown) => {
        throw explained(error, file.name, moduleDefinition(dependency).name);
      });
      return;
    }
    while (this.#underWay.has(dependency)) await this.#ended(dependency);
    const found = this.#files.get(dependency);
    if (found === undefined) {
      throw new KldError('EDEPEND', `${file.name} depends on ${dependency}, which is not loaded`);
    }
    file.dependOn(found);
  }

  async #unloadFile(file: LinkerFile): Promise<void> {
    this.#assertUnused(file);
    file.state = 'unloading';
    const reason = await this.#refusal(file);
    if (reason !== undefined) {
      file.state = 'loaded';
      throw new KldError('EBUSY', `${file.name} stays loaded: ${reason}`);
    }
    await this.#takeDown(file);
  }

  #assertUnused(file: LinkerFile): void {
    if (file.dependents.size === 0) {
      if (file.userrefs > 0) return;
      throw new KldError('EBUSY', `${file.name} was loaded as a dependency only, and is going already`);
    }
    const users = [...file.dependents].map(({ name }) => name).join(', ');
    throw new KldError('EBUSY', `${file.name} is in use by ${users}: unload ${users} first`);
  }

  /** Asks everybody whether the module may go. @returns why not */
  async #refusal(file: LinkerFile): Promise<string | undefined> {
    const veto = new Veto();
    await this.#eventhandler.invokeAsync('kld_unload_try', file, veto);
    const reason = veto.reason ?? (await this.#quiesce(file));
    if (reason !== undefined) await this.#eventhandler.invokeAsync('kld_unload_abort', file, reason);
    return reason;
  }

  /** A module that cannot say whether it is busy counts as busy. */
  async #quiesce({ instance }: LinkerFile): Promise<string | undefined> {
    try {
      return await instance.quiesce?.();
    } catch (error) {
      return `its quiesce failed: ${describe(error)}`;
    }
  }

  async #takeDown(file: LinkerFile): Promise<void> {
    file.state = 'unloading';
    try {
      await this.#builder.demolish(file);
    } finally {
      this.#files.delete(file.name);
      this.#eventhandler.invoke('kld_unload', file.name);
      await this.#letGo(file);
    }
  }

  /** Gives back a file's dependencies; those that were loaded only because something depended on them go. */
  async #letGo(file: LinkerFile): Promise<void> {
    for (const dependency of file.dependencies) dependency.dependents.delete(file);
    for (const dependency of file.dependencies.toReversed()) {
      while (this.#underWay.has(dependency.name)) await this.#ended(dependency.name);
      if (this.#closed || dependency.refs > 0 || this.#files.get(dependency.name) !== dependency) continue;
      await this.#once(`unloading ${dependency.name}`, dependency.name, () => this.#takeDown(dependency));
    }
  }

  /**
   * Resolves when what is under way with that module has ended. Callers wait in a loop of their own, since others may
   * have waited too and begun something; between its last look and what follows nobody else gets a turn.
   */
  async #ended(name: string): Promise<void> {
    await this.#underWay.get(name)?.catch(() => {});
  }

  async #once<T>(what: string, name: string, action: () => Promise<T>): Promise<T> {
    using _watch = this.#watch(what);
    const run = action();
    this.#underWay.set(name, run);
    try {
      return await run;
    } finally {
      if (this.#underWay.get(name) === run) this.#underWay.delete(name);
    }
  }

  #find(name: string): LinkerFile {
    const file = this.#files.get(name);
    if (file === undefined) throw new KldError('ENOENT', `no module ${name} is loaded`);
    return file;
  }
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
