import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resolvePackage } from './check/packages.js';
import type { ModuleRegistry } from './registry.js';

/**
 * For `KernelOptions.import`: the kernel then loads by the names that its settings file may use, which are short names,
 * paths from the file's folder on, and packages from there or from where carpet is installed.
 */
export function importerFor(file: string, registry: ModuleRegistry): (specifier: string) => Promise<unknown> {
  return async (specifier) => {
    if (Object.hasOwn(registry, specifier)) return { default: await registry[specifier]!.load() };
    if (/^\.{0,2}\//.test(specifier)) return import(pathToFileURL(resolve(dirname(file), specifier)).href);
    return import(resolvePackage(specifier, file) ?? specifier);
  };
}
