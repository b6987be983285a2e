import type { Json } from '../json.js';
import type { Isolate } from './isolation.js';

/** How `kernel.load` loads a module. */
export interface LoadOptions {
  /** The state of a predecessor, from `kernel.handover`: for the module's `takeover`. */
  readonly state?: Json | undefined;
  /**
   * The name of this instance, where a module is loaded more than once: by it the instance is unloaded, reloaded and
   * depended on. Default: the module's own name.
   */
  readonly as?: string | undefined;
  /** Where its code is, as `kernel.load` takes it: `kernel.reload` imports it anew. Default: what was loaded, if a text. */
  readonly source?: string | undefined;
  /** Whether a file that has changed since it was imported is imported anew: as an operator expects who has mended it. */
  readonly current?: boolean;
  /**
   * Runs the module in an address space of its own: `'worker'`, which WorkerModule provides. Events and calls then
   * cross by value, and nothing that the module does can hold up or end this kernel.
   */
  readonly isolate?: Isolate | undefined;
}

/** @internal What a module is loaded with. */
export interface Given extends LoadOptions {
  readonly settings?: unknown;
}

/** How `kernel.reload` replaces a module. */
export interface ReloadOptions {
  /** Which instance to replace. Default: that of the module's own name. */
  readonly as?: string | undefined;
  /** Settings for the new version; default: those that it was loaded with. */
  readonly settings?: unknown;
  /** How long one step may take, in milliseconds, before the reload is given up. Default 10 s. */
  readonly timeout?: number;
}

/** What a reload has done. */
export interface Reloaded {
  readonly name: string;
  /** Whether the module has a new class: importing its file again gave other code. */
  readonly changed: boolean;
  /** The modules that depend on it, and were started again. */
  readonly restarted: readonly string[];
}
