import type { Isolate, LogLevel, ModuleClass } from '../../core/index.js';
import type { Place } from './problem.js';
import type { PlacedMap, SourceText } from './source/index.js';

/** `log:` of a settings file. */
export interface LogSettings {
  /** The least severe level that is written. */
  readonly level?: LogLevel;
  readonly format?: 'text' | 'json' | 'journal';
}

/** A sysctl as YAML gives it; the tree decides what the sysctl takes. */
export type SysctlValue = string | number | boolean;

/** One line of `sysctl:`. */
export interface SysctlSetting {
  readonly name: string;
  readonly value: SysctlValue;
  readonly place: Place;
}

/** One module that a file wants loaded. */
export interface ModuleSetting {
  /** Its name in the kernel. */
  readonly name: string;
  /** The same, where it is an instance by another name than the module's own. */
  readonly as?: string | undefined;
  readonly module: ModuleClass;
  /** As in the file, but with secrets in place; undefined where the file gives none. */
  readonly settings: unknown;
  /** The same, as `kernel.load` takes them: checked by the module's schema. */
  readonly checked: unknown;
  /** What the kernel's importer finds it by; undefined for a class that another one depends on. */
  readonly source: string | undefined;
  /** Which address space it has of its own; undefined where it shares the kernel's. */
  readonly isolate?: Isolate | undefined;
  /** Where the file names it; undefined for what another module brings. */
  readonly place: Place | undefined;
}

/** What a settings file says, checked, with every secret read. It is never shown as a whole. */
export interface Configuration {
  /** The files it was read from. */
  readonly texts: readonly SourceText[];
  /** The files in one, as they were written: without secrets. */
  readonly written: PlacedMap;
  readonly name: string | undefined;
  readonly log: LogSettings;
  readonly sysctl: readonly SysctlSetting[];
  /** In the order of loading: what is needed comes before what needs it. */
  readonly modules: readonly ModuleSetting[];
}
