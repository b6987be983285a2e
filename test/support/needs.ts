/**
 * What a test needs of the machine. A test that needs more than Node says so with `needs(...)`, and is skipped
 * with that reason where it is missing; the runner shows how many were skipped and why.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

/**
 * A thing of the machine that tests may need: root, network namespaces, koffi behind the real network,
 * or a program on the PATH.
 */
export type Need = 'root' | 'netns' | 'native' | 'raw-socket' | `program:${string}`;

/** What reaches the C library. */
const NATIVE = 'koffi';

/** For node:test's `skip` option: false when everything is there, else the reason. */
export function needs(...wanted: Need[]): false | string {
  const missing = wanted.filter((need) => !has(need));
  return missing.length === 0 ? false : `needs ${missing.map(describe).join(', ')}`;
}

function has(need: Need): boolean {
  if (need === 'root') return process.getuid?.() === 0;
  if (need === 'netns') return canMakeNamespaces();
  if (need === 'native') return canLoad(NATIVE);
  if (need === 'raw-socket') return canLoad(need);
  return onPath(need.slice('program:'.length));
}

function describe(need: Need): string {
  if (need === 'root') return 'root';
  if (need === 'netns') return 'network namespaces';
  if (need === 'raw-socket') return `the package ${need} (python3, make, g++ and npm install)`;
  if (need === 'native') return `the package ${NATIVE} (npm install)`;
  return `the program ${need.slice('program:'.length)} (npm run lab:install)`;
}

function canMakeNamespaces(): boolean {
  return (
    process.getuid?.() === 0 && spawnSync('unshare', ['--net', 'true'], { stdio: 'ignore' }).status === 0
  );
}

function canLoad(name: string): boolean {
  try {
    createRequire(import.meta.url)(name);
    return true;
  } catch {
    return false;
  }
}

function onPath(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/lib/frr'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
