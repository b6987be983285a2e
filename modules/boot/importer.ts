import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { KldError, type ModuleImporter } from '../../core/index.js';
import { importerFrom } from '../importer/index.js';
import { moduleUrl } from './check/packages.js';
import type { ModuleRegistry } from './registry.js';
import { unknownModule } from './unknown-module.js';

/**
 * For `KernelOptions.import`: the kernel then loads by the names that its settings file may use, which are short names,
 * paths from the file's folder on, and packages from there or from where carpet is installed. What has a short name is
 * part of carpet, and cannot be imported anew.
 */
export function importerFor(file: string, registry: ModuleRegistry): ModuleImporter {
  const resolve = (specifier: string): string =>
    present(specifier, moduleUrl(specifier, file)) ?? fromHere(specifier, registry);
  const importer = importerFrom({ resolve });
  const own = (specifier: string) => (Object.hasOwn(registry, specifier) ? registry[specifier] : undefined);
  const load: ModuleImporter = async (specifier, options) => {
    const builtin = own(specifier);
    if (builtin === undefined) return importer(specifier, options);
    if (options?.fresh === true)
      throw new KldError('EOPNOTSUPP', `${specifier} is part of carpet: upgrade carpet itself`);
    return { default: await builtin.load() };
  };
  return Object.assign(load, {
    locate: (specifier: string) => own(specifier)?.load() ?? resolve(specifier),
  });
}

/** Node would say of what is not there that a file of carpet's imports it. */
function present(specifier: string, url: string | undefined): string | undefined {
  if (url?.startsWith('file:') !== true) return url;
  const found = statSync(fileURLToPath(url), { throwIfNoEntry: false, bigint: true });
  if (found === undefined) throw new KldError('ENOENT', `cannot load ${specifier}: there is no such file`);
  if (found.isDirectory())
    throw new KldError('ENOENT', `cannot load ${specifier}: it is a folder: name a file in it`);
  return url;
}

/**
 * A package that is installed where carpet is. Why it cannot be imported is for the import to say, but where this file is
 * tells nobody why there is none.
 */
function fromHere(specifier: string, registry: ModuleRegistry): string {
  try {
    return import.meta.resolve(specifier);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') return specifier;
    const why = unknownModule(specifier, Object.keys(registry));
    throw new KldError('ENOENT', `${specifier}: ${why}`, { cause: error });
  }
}
