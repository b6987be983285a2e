import { KldError } from './errors.js';
import type { LinkerFile } from './linker-file.js';
import { type ModuleClass, moduleDefinition } from './module.js';

/** Which modules are loaded, and what is under way with which: what the loading and the unloading of modules share. */
export class ModuleTable {
  /** By name, in the order in which loading ended, which is an order in which dependencies come first. */
  readonly files = new Map<string, LinkerFile>();
  /** Those that are being loaded. */
  readonly loading = new Set<LinkerFile>();
  /** By name, each with its end. */
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #watch: (what: string) => Disposable;

  /** @param watch warns when what it names goes on for too long, until it is disposed of */
  constructor(watch: (what: string) => Disposable) {
    this.#watch = watch;
  }

  /** @throws KldError ENOENT */
  find(name: string): LinkerFile {
    const file = this.files.get(name);
    if (file === undefined) throw new KldError('ENOENT', `no module ${name} is loaded`);
    return file;
  }

  /** @throws KldError ENOENT when no module, or another one, is loaded under the class's name */
  findClass(module: ModuleClass, name = moduleDefinition(module).name): LinkerFile {
    const file = this.find(name);
    if (!file.is(module)) throw new KldError('ENOENT', `${name} is loaded, but from another class`);
    return file;
  }

  /** What depends on the module, however far, in the order of loading. */
  dependentsOf(file: LinkerFile): LinkerFile[] {
    const found = new Set([file]);
    for (const each of this.files.values()) {
      if (each.dependencies.some((dependency) => found.has(dependency))) found.add(each);
    }
    found.delete(file);
    return [...found];
  }

  /**
   * What depends on one of these and is none of them, since it is being loaded, or is a version that is to come: it would
   * keep what they are now.
   */
  comerOn(files: readonly LinkerFile[]): LinkerFile | undefined {
    return files
      .flatMap(({ dependents }) => [...dependents])
      .find((each) => !files.includes(each) && this.isBusy(each.name));
  }

  /**
   * Runs an action on a module; others wait for it with {@link ended}.
   *
   * @param what names it, for the warning when it takes long
   */
  run<T>(what: string, name: string, action: () => Promise<T>): Promise<T> {
    return this.runAll(what, [name], action);
  }

  /** As `run`, on several modules at once; nothing must be under way with any of them. */
  async runAll<T>(what: string, names: readonly string[], action: () => Promise<T>): Promise<T> {
    using _watch = this.#watch(`${what} ${names[0]}`);
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    // Before it begins: what a handler begins that it calls at once has to wait, too.
    for (const name of names) this.#underWay.set(name, ended);
    try {
      return await action();
    } finally {
      for (const name of names) if (this.#underWay.get(name) === ended) this.#underWay.delete(name);
      end();
    }
  }

  /** Whether something is under way with that module. */
  isBusy(name: string): boolean {
    return this.#underWay.has(name);
  }

  /**
   * Resolves when what is under way with that module has ended. Callers wait in a loop of their own, `while (isBusy)`,
   * since another waiter may have begun something; nothing runs between the last look and what follows it.
   */
  async ended(name: string): Promise<void> {
    await this.#underWay.get(name);
  }

  /** Resolves when nothing is under way with any module. */
  async quiet(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.values());
  }
}
