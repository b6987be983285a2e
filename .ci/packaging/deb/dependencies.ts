/**
 * @module
 * The packages of npm that the Debian package brings along: those that package.json depends on, from the project's
 * node_modules, where `npm ci` has put them by the lock file. They are part of the bundle, but for koffi with its library.
 * raw-socket is compiled for one version of Node and stays behind: koffi does its work.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join, relative } from 'node:path';
import { EXTERNAL } from '../bundle/bundle.js';
import type { Architecture } from './architecture.js';
import { readManifest } from './manifest.js';

/** What Node loads; documentation, types, sources and maps are of no use to a program that runs. */
const LOADED: ReadonlySet<string> = new Set(['.js', '.cjs', '.mjs', '.json', '.node']);
/** Folders of a package that a running program does not look into, and builds for another C library. */
const UNUSED = /^(test|tests|bench|benchmarks|docs?|examples?|vendor|browser|musl_.*)$/;

/**
 * Copies what carpet depends on and is not bundled into `target`, a node_modules.
 * @returns the names of all packages that carpet brings along
 */
export function copyDependencies(root: string, target: string, { node }: Architecture): string[] {
  const prebuilt = `@koromix/koffi-linux-${node}`;
  const names = closure(root, Object.keys(readManifest(root).dependencies ?? {})).filter(
    (name) => !name.startsWith('@koromix/'),
  );
  for (const name of names.filter((each) => EXTERNAL.includes(each)))
    copyPackage(join(root, 'node_modules', name), join(target, name));
  const installed = join(root, 'node_modules', prebuilt);
  if (existsSync(installed)) copyPackage(installed, join(target, prebuilt));
  else fetchPackage(root, prebuilt, (folder) => copyPackage(folder, join(target, prebuilt)));
  return [...names, prebuilt].toSorted();
}

/** These packages, and all that they depend on. Packages in a package's own node_modules are copied with it. */
function closure(root: string, names: readonly string[], found = new Set<string>()): string[] {
  for (const name of names) {
    const folder = join(root, 'node_modules', name);
    if (found.has(name) || !existsSync(folder)) continue;
    found.add(name);
    const { dependencies, optionalDependencies } = readManifest(folder);
    closure(root, Object.keys({ ...dependencies, ...optionalDependencies }), found);
  }
  return [...found];
}

/** The files themselves, also where node_modules has a link. */
function copyPackage(source: string, target: string): void {
  const real = realpathSync(source);
  cpSync(real, target, { recursive: true, filter: (path) => isUsed(relative(real, path), path) });
}

function isUsed(inPackage: string, path: string): boolean {
  if (statSync(path).isDirectory()) return !UNUSED.test(inPackage);
  return LOADED.has(extname(path)) && !isProgram(path);
}

/** A package's own programs are not run. */
function isProgram(path: string): boolean {
  return readFileSync(path).subarray(0, 2).toString() === '#!';
}

/** Gets a package for another machine from the registry, and checks that it is the one in the lock file. */
function fetchPackage(root: string, name: string, use: (folder: string) => void): void {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; integrity: string }>;
  };
  const { version, integrity } = lock.packages[`node_modules/${name}`]!;
  const folder = mkdtempSync(join(tmpdir(), 'carpet-fetch-'));
  try {
    const args = ['pack', '--json', '--pack-destination', folder, `${name}@${version}`];
    execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const tarball = join(folder, readdirSync(folder)[0]!);
    const digest = createHash('sha512').update(readFileSync(tarball)).digest('base64');
    if (`sha512-${digest}` !== integrity)
      throw new Error(`${name}@${version} is not the one in package-lock.json`);
    execFileSync('tar', ['-xzf', tarball, '-C', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
    use(join(folder, 'package'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
