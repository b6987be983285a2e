/** docs/reliability.md: every promise names tests that exist, and every command exists. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertShown, page } from './promises.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

test('each promise names a test that exists', () => assertShown('reliability.md', 15));

test('each command that it names is one of this project', () => {
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [...page('reliability.md').matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!);
  assert.ok(named.length >= 3);
  assert.deepEqual(
    named.filter((name) => scripts[name] === undefined),
    [],
  );
});
