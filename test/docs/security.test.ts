/** Every promise of docs/security.md names tests that exist, by file and name. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(join(root, 'docs/security.md'), 'utf8');

/** The rows of the tables of promises: what is promised, and by which tests it is shown. */
function promises(): { readonly promise: string; readonly shown: string }[] {
  const tables = page.split(/^\| promise \| shown by \|\n\|---\|---\|\n/m).slice(1);
  return tables
    .flatMap((table) => table.split('\n\n', 1)[0]!.split('\n'))
    .filter((line) => line.startsWith('|'))
    .map((line) => {
      const [, promise, shown] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      return { promise: promise!, shown: shown! };
    });
}

/** The titles of a test file's tests, as they are written. */
function titlesOf(path: string): string[] {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  const titles = readFileSync(full, 'utf8').matchAll(/\b(?:test|it)\(\s*(['"`])(.*?)(?<!\\)\1/gs);
  return [...titles].map(([, , title]) => title!.replaceAll("\\'", "'"));
}

test('each promise names a test that exists', () => {
  const rows = promises();
  assert.ok(rows.length > 30, `${rows.length} promises`);
  const missing = rows.flatMap(({ promise, shown }) => {
    const named = shown.split(/; (?=`)/).flatMap((entry) => {
      const path = /^`(test\/[^`]+)`: /.exec(entry)?.[1];
      const names = [...entry.matchAll(/"([^"]+)"/g)].map(([, name]) => name!);
      if (path === undefined || names.length === 0) return [`${promise}: names no test`];
      const titles = titlesOf(path);
      return names
        .filter((name) => !titles.some((title) => title.includes(name)))
        .map((name) => `${path}: ${name}`);
    });
    return named;
  });
  assert.deepEqual(missing, []);
});

test('SECURITY.md refers to it', () => {
  assert.match(readFileSync(join(root, 'SECURITY.md'), 'utf8'), /\(docs\/security\.md\)/);
});
