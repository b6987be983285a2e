/** Every promise of docs/security.md names tests that exist, by file and name. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertShown } from './promises.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

test('each promise names a test that exists', () => assertShown('security.md', 31));

test('SECURITY.md refers to it', () => {
  assert.match(readFileSync(`${root}SECURITY.md`, 'utf8'), /\(docs\/security\.md\)/);
});
