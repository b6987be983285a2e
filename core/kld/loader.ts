/**
 * The module loader, kern_linker.c's part: which modules are loaded, who uses whom.
 *
 * Loading: dependencies first, settings checked, the class built in a container of its own, `start`, its
 * `@EventHandler` methods registered, `kld_load`. A failure anywhere gives back all of it, dependencies that were
 * loaded only for it included.
 * Unloading: refused while in use; `kld_unload_try` and `quiesce` may refuse; then the module's handlers die at once
 * and their running calls are awaited, `stop`, the scope closes, `kld_unload`, and dependencies that nobody else
 * needs go too.
 *
 * Loads and unloads of different modules may overlap; of one module they wait for each other. A module's `start` may
 * load further modules.
 */
import type { Class } from '../di.js';
import { type EventHandlerRegistry, Veto } from '../eventhandler/index.js';
import type { ModuleBuilder } from './builder.js';
import { KldError } from './errors.js';
import { LinkerFile, type ModuleInfo } from './linker-file.js';
import { isModuleClass, type ModuleClass, type ModuleReference, moduleDefinition } from './module.js';

export class ModuleLoader {
  /** By name, in the order in which loading ended, which is an order in which dependencies come first. */
  readonly #files = new Map<string, LinkerFile>();
  /** Loads and unloads under way, by module. */
  readonly #underWay = new Map<string, Promise<unknown>>();
  readonly #eventhandler: EventHandlerRegistry;
  readonly #builder: ModuleBuilder;

  constructor(eventhandler: EventHandlerRegistry, builder: ModuleBuilder) {
    this.#eventhandler = eventhandler;
    this.#builder = builder;
  }

  /** Loads a module by its class; loaded already, it gains a reference. @returns its instance */
  async load(module: ModuleClass, settings?: unknown): Promise<object> {
    const file = await this.#acquire(module, settings, []);
    file.userrefs++;
    return file.instance;
  }

  /** Takes one reference; the last one unloads. @throws KldError EBUSY when in use or vetoed, ENOENT */
  async unload(name: string): Promise<void> {
    while (this.#underWay.has(name)) await this.#underWay.get(name)?.catch(() => {});
    const file = this.#find(name);
    if (file.userrefs > 1) {
      file.userrefs--;
      return;
    }
    await this.#once(name, () => this.#unloadFile(file));
    await this.#releaseUnused(file.dependencies);
  }

  /** Unloads everything, dependents before their dependencies, veto or not: the end of the kernel. */
  async unloadAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const file of [...this.#files.values()].toReversed()) {
      await this.#once(file.name, () => this.#takeDown(file)).catch((error) => errors.push(error));
    }
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors);
  }

  /** The loaded module's instance. @throws KldError ENOENT */
  get<T extends object>(module: ModuleClass<T>): T {
    const { name } = moduleDefinition(module);
    const file = this.#find(name);
    if (file.module !== module) throw new KldError('ENOENT', `${name} is loaded, but from another class`);
    return file.instance as T;
  }

  modules(): ModuleInfo[] {
    return [...this.#files.values()].map((file) => ({
      name: file.name,
      refs: file.refs,
      state: file.state,
      depends: file.dependencies.map(({ name }) => name),
      usedBy: [...file.dependents].map(({ name }) => name),
    }));
  }

  /** @param path the modules being loaded that led here, outermost first */
  async #acquire(module: ModuleClass, settings: unknown, path: readonly string[]): Promise<LinkerFile> {
    const { name } = moduleDefinition(module);
    if (path.includes(name)) {
      throw new KldError(
        'ELOOP',
        `modules depend on each other in a circle: ${[...path, name].join(' -> ')}`,
      );
    }
    // Inline, not a helper: between the last look and what follows there must be no turn for anybody else.
    while (this.#underWay.has(name)) await this.#underWay.get(name)?.catch(() => {});
    const loaded = this.#files.get(name);
    if (loaded === undefined)
      return this.#once(name, () => this.#loadFile(module, settings, [...path, name]));
    if (loaded.module !== module) throw new KldError('EEXIST', `another module named ${name} is loaded`);
    if (settings !== undefined)
      throw new KldError('EEXIST', `${name} is loaded already, with settings of its own`);
    return loaded;
  }

  async #loadFile(module: ModuleClass, settings: unknown, path: readonly string[]): Promise<LinkerFile> {
    const definition = moduleDefinition(module);
    const dependencies: LinkerFile[] = [];
    try {
      for (const reference of definition.depends ?? []) {
        dependencies.push(await this.#acquireDependency(reference, path));
      }
      const file = new LinkerFile(module, definition, dependencies);
      for (const dependency of dependencies) dependency.dependents.add(file);
      await this.#builder.build(file, settings).catch((error) => {
        for (const dependency of dependencies) dependency.dependents.delete(file);
        throw error;
      });
      file.state = 'loaded';
      this.#files.set(file.name, file);
      this.#eventhandler.invoke('kld_load', file);
      return file;
    } catch (error) {
      await this.#releaseUnused(dependencies);
      throw error;
    }
  }

  async #acquireDependency(reference: ModuleReference, path: readonly string[]): Promise<LinkerFile> {
    const by = path.at(-1)!;
    if (typeof reference === 'string') {
      const file = this.#files.get(reference);
      if (file === undefined)
        throw new KldError('EDEPEND', `${by} depends on ${reference}, which is not loaded`);
      return file;
    }
    const module = isModuleClass(reference) ? reference : (reference as (() => ModuleClass) | undefined)?.();
    if (!isModuleClass(module)) {
      throw new KldError(
        'EDEPEND',
        `${by} depends on something that is no module (${String(module)}); where files import each other, write depends: [() => TheModule]`,
      );
    }
    return this.#acquire(module, undefined, path);
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
    if (file.dependents.size === 0) return;
    const users = [...file.dependents].map(({ name }) => name).join(', ');
    throw new KldError('EBUSY', `${file.name} is in use by ${users}: unload ${users} first`);
  }

  /** Asks everybody whether the module may go. @returns why not */
  async #refusal(file: LinkerFile): Promise<string | undefined> {
    const veto = new Veto();
    await this.#eventhandler.invokeAsync('kld_unload_try', file, veto);
    const reason = veto.reason ?? (await file.instance.quiesce?.());
    if (reason !== undefined) await this.#eventhandler.invokeAsync('kld_unload_abort', file, reason);
    return reason;
  }

  async #takeDown(file: LinkerFile): Promise<void> {
    file.state = 'unloading';
    try {
      await this.#builder.demolish(file);
    } finally {
      this.#files.delete(file.name);
      for (const dependency of file.dependencies) dependency.dependents.delete(file);
      this.#eventhandler.invoke('kld_unload', file.name);
    }
  }

  /** Modules that were loaded only because something depended on them go when nothing does any more. */
  async #releaseUnused(files: readonly LinkerFile[]): Promise<void> {
    for (const file of files.toReversed()) {
      if (file.refs > 0 || this.#files.get(file.name) !== file) continue;
      await this.#once(file.name, () => this.#takeDown(file));
      await this.#releaseUnused(file.dependencies);
    }
  }

  async #once<T>(name: string, action: () => Promise<T>): Promise<T> {
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
