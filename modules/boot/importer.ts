import { moduleUrl } from './check/packages.js';
import type { ModuleRegistry } from './registry.js';

/**
 * For `KernelOptions.import`: the kernel then loads by the names that its settings file may use, which are short names,
 * paths from the file's folder on, and packages from there or from where carpet is installed.
 */
export function importerFor(file: string, registry: ModuleRegistry): (specifier: string) => Promise<unknown> {
  return async (specifier) => {
    if (Object.hasOwn(registry, specifier)) return { default: await registry[specifier]!.load() };
    return import(moduleUrl(specifier, file) ?? specifier);
  };
}
