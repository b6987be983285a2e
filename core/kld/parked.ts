import { requiredNames } from './dependencies.js';
import type { LinkerFile } from './linker-file.js';
import type { Given } from './load-options.js';
import type { ModuleClass, ModuleDefinition } from './module.js';

/** A module that has followed a dependency down. */
export interface ParkedModule {
  readonly name: string;
  readonly module: ModuleClass;
  readonly definition: ModuleDefinition;
  /** @internal */
  readonly given: Given;
  /** How often it had been loaded by name. */
  userrefs: number;
  /** The modules that must be back before it is loaded again. */
  readonly waitsFor: Set<string>;
}

/** The modules that have followed a dependency down, and come up again with it. */
export class ParkedModules {
  /** By name, in the order of loading. */
  readonly #parked = new Map<string, ParkedModule>();

  /** Keeps what is needed to load a module again. One that was loaded only for others comes back with these. */
  park(file: LinkerFile, waitsFor: Iterable<string>): void {
    const { name, module, definition, given, userrefs } = file;
    if (userrefs === 0) return;
    this.#parked.set(name, { name, module, definition, given, userrefs, waitsFor: new Set(waitsFor) });
  }

  /** A module has been unloaded: those that need it wait for it, too. */
  lost(name: string): void {
    for (const { definition, waitsFor } of this.#parked.values())
      if (requiredNames(definition).includes(name)) waitsFor.add(name);
  }

  /** Takes one load by name back. @returns whether the module was parked */
  forget(name: string): boolean {
    const parked = this.#parked.get(name);
    if (parked === undefined) return false;
    parked.userrefs--;
    if (parked.userrefs === 0) this.#parked.delete(name);
    return true;
  }

  /** They come back now: no longer parked. */
  take(isReady: (parked: ParkedModule) => boolean): ParkedModule[] {
    const ready = [...this.#parked.values()].filter(isReady);
    for (const { name } of ready) this.#parked.delete(name);
    return ready;
  }

  /** Its load has failed: it is tried again when anything else ends that is under way with a module. */
  putBack(parked: ParkedModule): void {
    this.#parked.set(parked.name, parked);
  }
}
