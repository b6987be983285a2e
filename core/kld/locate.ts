import { describe } from '../errors.js';
import { KldError } from './errors.js';
import { FOREIGN, isForeignModule, isModuleClass, type ModuleClass } from './module.js';

/** Imports what `load` names. */
export interface ModuleImporter {
  /**
   * With `fresh`, it imports the code of now, with what it imports from its own folder, even if an earlier version has been
   * imported; with `changed`, only if that file is another by now, or could not be imported.
   */
  (specifier: string, options?: { readonly fresh?: boolean | 'changed' }): Promise<unknown>;
  /**
   * Where that is, for an address space of its own, which imports it itself: a URL, or a class at hand. Default: a path from
   * the kernel's `base` on, else what is named.
   */
  readonly locate?: (specifier: string) => ModuleClass | string | Promise<ModuleClass | string>;
}

/**
 * Finds the module in a file or package: its default export, or the only exported class that is a module.
 *
 * @param specifier a package (`my-module`, `carpet-kernel/carp`), a URL, or a path (`./my-module.js`)
 * @param fresh as the importer takes it
 * @throws KldError ENOENT when it is not there, EIMPORT when importing it fails, EMODULE when there is no module in it,
 *   or several, or one of another copy of carpet
 */
export async function locateModule(
  specifier: string,
  importer: ModuleImporter,
  fresh: boolean | 'changed' = false,
): Promise<ModuleClass> {
  const exports = await exportsOf(specifier, () => importer(specifier, { fresh }));
  if (isModuleClass(exports['default'])) return exports['default'];
  const modules = [...new Set(Object.values(exports).filter(isModuleClass))];
  if (modules.length === 1) return modules[0]!;
  if (modules.length === 0 && Object.values(exports).some(isForeignModule)) {
    throw new KldError('EMODULE', `${specifier} ${FOREIGN}`);
  }
  const found =
    modules.length === 0 ? 'no module' : `several modules (${modules.map((m) => m.name).join(', ')})`;
  throw new KldError(
    'EMODULE',
    `${specifier} exports ${found}: export one class decorated with @Module as default`,
  );
}

/**
 * What an import gives.
 * @throws KldError ENOENT when it is not there, EIMPORT when importing it fails
 */
export async function exportsOf(
  specifier: string,
  load: () => Promise<unknown>,
): Promise<Record<string, unknown>> {
  return (await explained(specifier, load)) as Record<string, unknown>;
}

/**
 * Where an address space of its own finds the module, or its class.
 * @throws KldError ENOENT when it is not there; as {@link exportsOf}
 */
export async function whereabouts(
  module: ModuleClass | string,
  { locate }: ModuleImporter,
  base?: string,
): Promise<ModuleClass | string> {
  if (typeof module !== 'string') return module;
  return explained(module, async () => locate?.(module) ?? locationOf(module, base));
}

/** What loading throws becomes a KldError that names what was to be loaded. */
async function explained<T>(specifier: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KldError) throw error;
    if (isMissing(error)) {
      throw new KldError('ENOENT', `cannot load ${specifier}: ${describe(error)}`, { cause: error });
    }
    throw new KldError('EIMPORT', `cannot load ${specifier}: ${importFailure(error)}`, { cause: error });
  }
}

/** Node's codes for what is not there, or not where it was looked for. */
function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /MODULE_NOT_FOUND|^ENOENT$|UNSUPPORTED_DIR_IMPORT|PACKAGE_PATH_NOT_EXPORTED|UNSUPPORTED_ESM/.test(
    code,
  );
}

/** What is wrong, and in which line where the stack knows it: Node keeps that of a syntax error to itself. */
function importFailure(error: unknown): string {
  if (!(error instanceof Error)) return `it threw ${describe(error)}`;
  const place = /file:\/\/\S+?:\d+/.exec(error.stack ?? '');
  return `${error.name}: ${describe(error)}${place === null ? '' : ` (${place[0]})`}`;
}

/**
 * Imports a package from where carpet is, and a path from `base` on.
 * @throws KldError ENOENT for a relative path without base; EOPNOTSUPP for fresh code, which takes hooks of the platform's
 *   loader
 */
export async function importFrom(
  specifier: string,
  base?: string,
  { fresh = false }: { readonly fresh?: boolean | 'changed' } = {},
): Promise<unknown> {
  if (fresh === true) {
    throw new KldError(
      'EOPNOTSUPP',
      `${specifier}: this kernel cannot import it anew; make it with { import: importerFrom(import.meta) } of carpet-kernel/importer`,
    );
  }
  return import(locationOf(specifier, base));
}

/**
 * The URL of a path, absolute or from `base` on; a URL or a package as it is.
 * @throws KldError ENOENT for a relative path without base
 */
export function locationOf(specifier: string, base?: string): string {
  if (specifier.startsWith('/')) return new URL(specifier, base ?? 'file:///').href;
  if (!/^\.{1,2}\//.test(specifier)) return specifier;
  if (base === undefined) {
    throw new KldError(
      'ENOENT',
      `${specifier}: from where? Make the kernel with { base: import.meta.url }, or load new URL('${specifier}', import.meta.url).href`,
    );
  }
  return new URL(specifier, base).href;
}
