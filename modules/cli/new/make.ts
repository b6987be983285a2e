import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CarpetError, Module } from '../../../core/index.js';
import { BUILTINS } from '../../builtin/index.js';
import { UsageError } from '../failure.js';
import { defaultLanguage, type Language } from './language.js';
import { moduleFiles, type PackageVersions } from './template.js';

/**
 * Makes a folder of that name, here, with a module of that name.
 *
 * @returns what to print
 * @throws UsageError when the name is none for a module or that of carpet's own, or the folder exists
 */
export function makeModule(name: string, language: Language = defaultLanguage()): string {
  assertModuleName(name);
  assertFree(name);
  makeFolder(name);
  const files = moduleFiles(name, language, ownVersions());
  for (const [file, text] of Object.entries(files)) writeFileSync(join(name, file), text);
  const next = `cd ${name}\nnpm install\nnpm test\n`;
  return `${name}/ has ${Object.keys(files).join(', ')}. Next:\n\n${next}`;
}

function assertModuleName(name: string): void {
  try {
    Module({ name });
  } catch (error) {
    if (error instanceof CarpetError) throw new UsageError(error.message);
    throw error;
  }
}

/** A kernel has one module of a name, and `kldload` of that name takes carpet's own. */
function assertFree(name: string): void {
  if (Object.hasOwn(BUILTINS, name))
    throw new UsageError(`carpet has a module ${name} of its own: choose another name, as my-${name}`);
}

function makeFolder(name: string): void {
  try {
    mkdirSync(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new UsageError(`${name} exists already: choose another name, or remove it`);
  }
}

/** The new module gets what this package has been tested with. */
function ownVersions(): PackageVersions {
  // From the compiled place, dist/modules/cli/new, to the package's root.
  const text = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8');
  const { name, version, dependencies, devDependencies } = JSON.parse(text) as {
    readonly name: string;
    readonly version: string;
    readonly dependencies: PackageVersions;
    readonly devDependencies: PackageVersions;
  };
  return { ...devDependencies, ...dependencies, [name]: `^${version}` };
}
