import { isModuleClass, locateModule, type ModuleClass, type ModuleImporter } from '../../../core/index.js';
import type { Place } from '../problem.js';
import type { ModuleRegistry } from '../registry.js';
import { unknownModule } from '../unknown-module.js';
import { moduleUrl } from './packages.js';

/** Finds the classes that a settings file names. */
export class ModuleLocator {
  readonly #registry: ModuleRegistry;
  readonly #import: ModuleImporter;
  readonly #runs: (source: string) => boolean;

  /** @param runs whether a module runs that was loaded by that source: it keeps its code */
  constructor(registry: ModuleRegistry, importer: ModuleImporter, runs: (source: string) => boolean) {
    this.#registry = registry;
    this.#import = importer;
    this.#runs = runs;
  }

  /** What the kernel's importer finds the module by, wherever it is named. */
  source(key: string, place: Place): string {
    return this.#builtin(key) === undefined ? (moduleUrl(key, place.file) ?? key) : key;
  }

  /** Short names of the modules that `key` brings with it. */
  brings(key: string): readonly string[] {
    return this.#builtin(key)?.brings ?? [];
  }

  /**
   * @param key a short name, an absolute path, or a package
   * @param place where it is named: packages are looked for from that file's folder on, then where carpet is
   * @returns the class, or why there is none, in words that continue the key
   */
  async locate(key: string, place: Place): Promise<ModuleClass | string> {
    const builtin = this.#builtin(key);
    if (builtin !== undefined) return builtin.load();
    const url = moduleUrl(key, place.file);
    try {
      const found = await locateModule(url ?? key, this.#import, !this.#runs(url ?? key) && 'changed');
      return isModuleClass(found) ? found : 'is no module';
    } catch (error) {
      const isUnknown = url === undefined && isBareName(key);
      return isUnknown ? unknownModule(key, Object.keys(this.#registry)) : describe(error, url ?? key);
    }
  }

  #builtin(key: string) {
    return Object.hasOwn(this.#registry, key) ? this.#registry[key] : undefined;
  }
}

function isBareName(key: string): boolean {
  return !key.includes('/');
}

function describe(error: unknown, specifier: string): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(`cannot load ${specifier}: `, 'cannot be loaded: ')
    .replace(`${specifier} `, '')
    .replace(/ imported from .*$/, '')
    .split('\n')[0]!;
}
