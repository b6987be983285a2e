import type { ModuleClass } from '../../core/index.js';

/** A module that a settings file may name by a short name. */
export interface Builtin {
  /** One line for the settings' schema and for help. */
  readonly summary: string;
  /** Imports the class, when the module is named. */
  readonly load: () => Promise<ModuleClass>;
  /**
   * Short names of modules that it is of no use without, though it does not depend on their classes: CARP needs some
   * driver of interfaces, not this one. They are loaded before it, with default settings, unless the file names them.
   */
  readonly brings?: readonly string[];
}

/** Modules by the short names under which a settings file knows them. */
export type ModuleRegistry = Readonly<Record<string, Builtin>>;
