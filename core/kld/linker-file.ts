import type { ModuleClass, ModuleDefinition, ModuleLifecycle } from './module.js';
import type { Scope } from './scope.js';

export type LinkerFileState = 'loading' | 'loaded' | 'unloading';

/** kld(4)'s linker file: one loaded module, as `kld_load` and `kld_unload_try` handlers see it. */
export class LinkerFile {
  readonly name: string;
  readonly module: ModuleClass;
  readonly definition: ModuleDefinition;
  /** The modules it depends on. */
  readonly dependencies: readonly LinkerFile[] = [];
  /** The modules that depend on it. */
  readonly dependents = new Set<LinkerFile>();
  /** How often it was loaded by name, not as a dependency; unloading lowers it. */
  userrefs = 0;
  state: LinkerFileState = 'loading';
  /** @internal */
  scope!: Scope;
  /** @internal */
  instance!: object & ModuleLifecycle;

  constructor(module: ModuleClass, definition: ModuleDefinition) {
    this.name = definition.name;
    this.module = module;
    this.definition = definition;
  }

  /** @internal From now on the other one cannot be unloaded. */
  dependOn(other: LinkerFile): void {
    if (other.dependents.has(this)) return;
    (this.dependencies as LinkerFile[]).push(other);
    other.dependents.add(this);
  }

  /** References as kldstat(8) counts them: loads by name, and modules that depend on it. */
  get refs(): number {
    return this.userrefs + this.dependents.size;
  }

  /** @internal */
  info(): ModuleInfo {
    return {
      name: this.name,
      refs: this.refs,
      state: this.state,
      depends: this.dependencies.map(({ name }) => name),
      usedBy: [...this.dependents].map(({ name }) => name),
    };
  }
}

/** What `kernel.modules()` tells of each module: kldstat(8). */
export interface ModuleInfo {
  readonly name: string;
  readonly refs: number;
  readonly state: LinkerFileState;
  readonly depends: readonly string[];
  readonly usedBy: readonly string[];
}
