/** Packs carpet as `npm publish` would, and installs the package where nothing else is. */
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { copySources, npm, PATH, root } from '../support/npm.js';

/**
 * A copy of the project in `folder`, to be packed there: packing removes what was compiled, and other tests run it.
 * Installed packages are linked, except for those that become part of the package.
 */
export function copyProject(folder: string): void {
  copySources(folder);
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules'))) {
    const [from, to] = [join(root, 'node_modules', name), join(folder, 'node_modules', name)];
    if (name === 'raw-socket' || name === 'nan') cpSync(from, to, { recursive: true });
    else symlinkSync(from, to);
  }
}

export interface Packed {
  readonly tarball: string;
  readonly files: readonly string[];
}

/** `npm pack`, with the scripts that it runs. */
export function pack(folder: string): Packed {
  const output = npm(folder, ['pack', '--json']);
  // Scripts may have printed before the document.
  const [{ filename, files }] = JSON.parse(output.slice(output.indexOf('[\n'))) as [
    { filename: string; files: { path: string }[] },
  ];
  return { tarball: join(folder, filename), files: files.map(({ path }) => path) };
}

/** `npm install` of the package, in a folder of its own. @throws Offline */
export function install(folder: string, tarball: string, path?: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  npm(folder, ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], path);
}

/** A PATH with every program of today's, but for those that compile native packages. */
export function withoutCompiler(folder: string): string {
  mkdirSync(folder);
  const hidden = /^(python[\d.]*|g?make|(.*-)?(gcc|g\+\+|c\+\+|cc|clang|clang\+\+)(-[\d.]+)?)$/;
  const seen = new Set<string>();
  for (const source of PATH.split(delimiter)) {
    for (const name of programsIn(source)) {
      if (seen.has(name) || hidden.test(name)) continue;
      seen.add(name);
      symlinkSync(join(source, name), join(folder, name));
    }
  }
  return folder;
}

function programsIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
