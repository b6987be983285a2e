import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What `import` looks for in a package's exports, in the order in which the package names them. */
const CONDITIONS: ReadonlySet<string> = new Set(['node', 'import', 'module-sync', 'default']);

/**
 * Finds what a settings file names: a path, from the file's folder on, or a package that is installed there.
 *
 * @param from the settings file
 * @returns a URL, or undefined for a package that is not there: it may be where carpet is installed
 */
export function moduleUrl(name: string, from: string): string | undefined {
  if (/^\.{0,2}\//.test(name)) return pathToFileURL(resolve(dirname(from), name)).href;
  return resolvePackage(name, from);
}

/**
 * Finds a package as an `import` in a file of that folder would.
 *
 * @param name a package, or a module in it: `my-module`, `@me/my-module/extra`
 * @param from a settings file
 * @returns a URL, or undefined when it is not installed there
 */
function resolvePackage(name: string, from: string): string | undefined {
  const require = createRequire(pathToFileURL(from));
  try {
    return pathToFileURL(require.resolve(name)).href;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') return undefined;
  }
  // Only for import: require does not find it, and import.meta.resolve begins where this file is.
  for (const folder of require.resolve.paths(name) ?? []) {
    const file = exported(folder, name);
    if (file !== undefined) return pathToFileURL(file).href;
  }
  return undefined;
}

function exported(folder: string, name: string): string | undefined {
  const [, packageName, inner] = /^(@[^/]+\/[^/]+|[^/]+)(\/.*)?$/.exec(name) ?? [];
  if (packageName === undefined) return undefined;
  try {
    const root = join(folder, packageName);
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: unknown };
    const target = pick(inner === undefined ? mainOf(exports) : memberOf(exports, `.${inner}`));
    return target === undefined ? undefined : join(root, target);
  } catch {
    return undefined;
  }
}

function mainOf(exports: unknown): unknown {
  return memberOf(exports, '.') ?? exports;
}

function memberOf(exports: unknown, key: string): unknown {
  return (exports as Record<string, unknown> | null)?.[key];
}

/** The first condition that holds, however deep. */
function pick(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (typeof target !== 'object' || target === null) return undefined;
  for (const [condition, inner] of Object.entries(target)) {
    const found = CONDITIONS.has(condition) ? pick(inner) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
