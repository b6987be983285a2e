import { KldError } from './errors.js';
import { isModuleClass, type ModuleClass } from './module.js';

/**
 * Finds the module in a file or package: its default export, or the only exported class that is a module.
 *
 * @param specifier a package (`my-module`, `carpet/carp`), a URL, or a path from `base` on (`./my-module.js`)
 * @param base the URL of the file or folder that relative paths start from
 * @throws KldError ENOENT when it cannot be imported, EMODULE when there is no module in it, or several
 */
export async function locateModule(specifier: string, base: string | undefined): Promise<ModuleClass> {
  const exports = await importFrom(specifier, base);
  if (isModuleClass(exports['default'])) return exports['default'];
  const modules = [...new Set(Object.values(exports).filter(isModuleClass))];
  if (modules.length === 1) return modules[0]!;
  const found =
    modules.length === 0 ? 'no module' : `several modules (${modules.map((m) => m.name).join(', ')})`;
  throw new KldError(
    'EMODULE',
    `${specifier} exports ${found}: export one class decorated with @Module as default`,
  );
}

async function importFrom(specifier: string, base: string | undefined): Promise<Record<string, unknown>> {
  const isPath = /^\.{0,2}\//.test(specifier);
  if (isPath && base === undefined) {
    throw new KldError(
      'ENOENT',
      `${specifier}: from where? Make the kernel with { base: import.meta.url }, or load new URL('${specifier}', import.meta.url).href`,
    );
  }
  const url = isPath ? new URL(specifier, base).href : specifier;
  try {
    return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    throw new KldError(
      'ENOENT',
      `cannot load ${specifier}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
