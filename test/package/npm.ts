/** Packs carpet as `npm publish` would, and installs the package where nothing else is. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What npm and npm alone says when it reaches neither its cache nor the registry. */
const OFFLINE = /\b(ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT)\b/;

/** Thrown by {@link npm} where it would need the network, and there is none. */
export class Offline extends Error {}

const PATH = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);

/** Runs npm with the Node that runs this test. @returns its stdout @throws Error with its output when it fails */
export function npm(cwd: string, args: readonly string[], path = PATH): string {
  const env = { ...process.env, PATH: path };
  const { status, stdout, stderr, error } = spawnSync('npm', args, { cwd, env, encoding: 'utf8' });
  if (error) throw error;
  if (status === 0) return stdout;
  const Failure = OFFLINE.test(stderr) ? Offline : Error;
  throw new Failure(`npm ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
}

/**
 * A copy of the sources in `folder`, to be packed there: packing removes what was compiled, and other tests run it.
 * Installed packages are linked, but for those that become part of the package.
 */
export function copySources(folder: string): void {
  const left = new Set(['.git', 'dist', 'node_modules']);
  for (const name of readdirSync(root)) {
    if (!left.has(name)) cpSync(join(root, name), join(folder, name), { recursive: true });
  }
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
