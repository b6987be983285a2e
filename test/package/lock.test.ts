/** The lock files install on every platform, from any registry. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/npm.js';

interface Entry {
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

for (const lock of ['package-lock.json', '.ci/reference/package-lock.json']) {
  const { packages } = JSON.parse(readFileSync(join(root, lock), 'utf8')) as {
    packages: Record<string, Entry>;
  };

  /** Where Node would look for a dependency of the package at `path`: there, then in each folder above. */
  function isLocked(path: string, name: string): boolean {
    if (`${path === '' ? '' : `${path}/`}node_modules/${name}` in packages) return true;
    const above = path.lastIndexOf('node_modules/');
    return above >= 0 && isLocked(path.slice(0, above).replace(/\/$/, ''), name);
  }

  test(`${lock} names the builds for every platform`, () => {
    // npm drops those for other platforms when it writes the lock beside an existing node_modules, and then refuses `npm ci`.
    const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies })
        .filter((name) => !isLocked(path, name))
        .map((name) => `${path}: ${name}`),
    );
    assert.deepEqual(missing, []);
  });

  test(`${lock} names no registry`, () => {
    const resolved = Object.values(packages).flatMap((entry) => entry.resolved ?? []);
    assert.deepEqual(resolved, []);
  });
}
