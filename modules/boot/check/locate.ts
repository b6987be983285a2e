import { isModuleClass, locateModule, type ModuleClass, type ModuleImporter } from '../../../core/index.js';
import type { Place } from '../problem.js';
import type { ModuleRegistry } from '../registry.js';
import { unknownModule } from '../unknown-module.js';
import { moduleUrl } from './packages.js';

/** Finds what runs by that source, as an instance of that name; its class if it runs in this address space. */
export type FindRunning = (
  source: string,
  as: string | undefined,
) => { readonly module: ModuleClass | undefined } | undefined;

/** Finds the classes that a settings file names. */
export class ModuleLocator {
  readonly #registry: ModuleRegistry;
  readonly #import: ModuleImporter;
  readonly #running: FindRunning | undefined;

  constructor(registry: ModuleRegistry, importer: ModuleImporter, running: FindRunning | undefined) {
    this.#registry = registry;
    this.#import = importer;
    this.#running = running;
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
   * @param as the name of the instance, where it is not the module's own
   * @returns the class, or why there is none, in words that continue the key
   */
  async locate(key: string, place: Place, as?: string): Promise<ModuleClass | string> {
    const builtin = this.#builtin(key);
    if (builtin !== undefined) return builtin.load();
    const url = moduleUrl(key, place.file);
    const running = this.#running?.(url ?? key, as);
    if (running?.module !== undefined) return running.module;
    const isFree = this.#running !== undefined && running === undefined;
    try {
      const found = await locateModule(url ?? key, this.#import, isFree && 'changed');
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
