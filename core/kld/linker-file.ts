import { type Json, secretPaths, toJson } from '../json.js';
import { optionalNames } from './dependencies.js';
import { type IsolationInfo, isolationInfo } from './isolation.js';
import type { Given } from './load-options.js';
import { type ModuleClass, type ModuleDefinition, type ModuleLifecycle, moduleDefinition } from './module.js';
import type { Patience } from './patience.js';
import type { Scope } from './scope.js';

/** Where a module is in its life. */
export type LinkerFileState = 'loading' | 'loaded' | 'unloading';

/** kld(4)'s linker file: one loaded module, as `kld_load` and `kld_unload_try` handlers see it. */
export class LinkerFile {
  /** The name of the instance; by default that of the module. */
  readonly name: string;
  readonly module: ModuleClass;
  readonly definition: ModuleDefinition;
  /** The modules it depends on. */
  readonly dependencies: readonly LinkerFile[] = [];
  /** The modules that depend on it. */
  readonly dependents = new Set<LinkerFile>();
  readonly #known = new Map<ModuleClass, LinkerFile>();
  /** How many times it was loaded by name, not as a dependency; unloading lowers it. */
  userrefs = 0;
  state: LinkerFileState = 'loading';
  /** When it was loaded: wall time, milliseconds since 1970. */
  since = 0;
  /** How long it took to build and to start, its dependencies not counted, in milliseconds. */
  loadMs = 0;
  /** @internal The options and settings that it was loaded with. */
  given: Given = {};
  /** @internal Its settings, checked, with the schema's defaults filled in. */
  settings: unknown;
  /** @internal A reload has replaced the module's class: references to the earlier class mean this file. */
  renewed = false;
  /** @internal Undefined until its settings have been checked. */
  scope: Scope | undefined;
  /** @internal Its unloading, once that has begun: how long it may take, and a promise of its end. */
  ending: { readonly patience: Patience; readonly done: Promise<void> } | undefined;
  /** @internal The promise of its `stop`, called once even if the module is unloaded by force while a reload stops it. */
  stopped: Promise<void> | undefined;
  /** @internal It has handed over its state: its `stop` is told if a successor has taken over. */
  handedOver = false;
  /** @internal */
  instance!: object & ModuleLifecycle;

  /** @internal The class that the loader builds: `module`, unless the kernel overrides it. */
  readonly implementation: ModuleClass;

  constructor(
    module: ModuleClass,
    definition: ModuleDefinition,
    implementation = module,
    name = definition.name,
  ) {
    this.name = name;
    this.module = module;
    this.implementation = implementation;
    this.definition = definition;
  }

  /**
   * @internal Makes this file depend on `other`, which cannot be unloaded before it.
   *
   * @param as the class by which this file's `@inject` names `other`
   */
  dependOn(other: LinkerFile, as: ModuleClass = other.module): void {
    this.#known.set(as, other);
    if (other.dependents.has(this)) return;
    (this.dependencies as LinkerFile[]).push(other);
    other.dependents.add(this);
  }

  /** @internal Releases its dependencies, which may then be unloaded. */
  forsake(): void {
    for (const dependency of this.dependencies) dependency.dependents.delete(this);
  }

  /**
   * @internal A file for another version, or another start, of the module.
   *
   * @param successors the files that replace this file's dependencies; a dependency that is not among them is kept, unless
   *   it is optional and no longer loaded. Undefined: the new file has no dependencies yet
   */
  successor(module: ModuleClass, successors?: ReadonlyMap<LinkerFile, LinkerFile>): LinkerFile {
    // What the kernel builds instead of a class it builds again, but not instead of a newer one.
    const implementation = module === this.module ? this.implementation : module;
    const file = new LinkerFile(module, moduleDefinition(implementation), implementation, this.name);
    file.given = this.given;
    file.userrefs = this.userrefs;
    file.renewed = this.renewed || module !== this.module;
    if (successors === undefined) return file;
    const optional = optionalNames(this.definition);
    for (const [as, known] of this.#known) {
      const other = successors.get(known) ?? known;
      if (other.state === 'loaded' || !optional.includes(other.name)) file.dependOn(other, as);
    }
    return file;
  }

  /** @internal The dependencies, by every class that can stand for them in `@inject`. */
  get known(): ReadonlyMap<ModuleClass, LinkerFile> {
    return new Map([...this.dependencies.map((file) => [file.module, file] as const), ...this.#known]);
  }

  /** @internal Whether the class is this file's, or an earlier one of the same module. */
  is(module: ModuleClass): boolean {
    if (this.module === module) return true;
    return this.renewed && moduleDefinition(module).name === moduleDefinition(this.module).name;
  }

  /** References as kldstat(8) counts them: loads by name, and modules that depend on it. */
  get refs(): number {
    return this.userrefs + this.dependents.size;
  }

  /** @internal */
  info(): ModuleInfo {
    const isolation = isolationInfo(this.instance);
    return {
      name: this.name,
      ...(this.name !== this.definition.name && { of: this.definition.name }),
      refs: this.refs,
      state: this.state,
      depends: this.dependencies.map(({ name }) => name),
      usedBy: [...this.dependents].map(({ name }) => name),
      ...(isolation && { isolation }),
    };
  }

  /** What handlers in other address spaces get instead of the file. */
  toJSON(): ModuleInfo {
    return this.info();
  }

  /** @internal */
  inspect(): ModuleInspection {
    const { since, loadMs, scope, settings, definition } = this;
    return {
      ...this.info(),
      since,
      loadMs,
      holds: scope!.size,
      settings: toJson(settings, secretPaths(definition.secrets)),
    };
  }
}

/** What {@link Kernel.inspect} shows of a module. */
export interface ModuleInspection extends ModuleInfo {
  /** When it was loaded: wall time, milliseconds since 1970. */
  readonly since: number;
  /** How long it took to build and to start, its dependencies not counted, in milliseconds. */
  readonly loadMs: number;
  /** How many tags, callouts, sysctls and other things its scope holds. */
  readonly holds: number;
  /** Its settings as the schema left them, without secrets. */
  readonly settings: Json;
}

/** What `kernel.modules()` reports of each module, as kldstat(8) does. */
export interface ModuleInfo {
  readonly name: string;
  /** The name of the module, if that of the instance differs. */
  readonly of?: string;
  readonly refs: number;
  readonly state: LinkerFileState;
  readonly depends: readonly string[];
  readonly usedBy: readonly string[];
  /** Where it runs, if not in this address space. */
  readonly isolation?: IsolationInfo;
}
