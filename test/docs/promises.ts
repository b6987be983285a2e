import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

interface Promised {
  readonly promise: string;
  readonly shown: string;
}

/** The text of a page of docs/. */
export function page(name: string): string {
  return readFileSync(join(root, 'docs', name), 'utf8');
}

/** Each promise in the tables of a page names tests that exist, by file and part of a title. @param least promises */
export function assertShown(name: string, least: number): void {
  const rows = promises(page(name));
  assert.ok(rows.length >= least, `${rows.length} promises`);
  assert.deepEqual(rows.flatMap(missing), []);
}

/** The rows of the tables of promises: what is promised, and by which tests it is shown. */
function promises(text: string): Promised[] {
  const tables = text.split(/^\| promise \| shown by \|\n\|---\|---\|\n/m).slice(1);
  return tables
    .flatMap((table) => table.split('\n\n', 1)[0]!.split('\n'))
    .filter((line) => line.startsWith('|'))
    .map((line) => {
      const [, promise, shown] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      return { promise: promise!, shown: shown! };
    });
}

function missing({ promise, shown }: Promised): string[] {
  return shown.split(/; (?=`)/).flatMap((entry) => {
    const path = /^`(test\/[^`]+)`: /.exec(entry)?.[1];
    const names = [...entry.matchAll(/"([^"]+)"/g)].map(([, name]) => name!);
    if (path === undefined || names.length === 0) return [`${promise}: names no test`];
    const titles = titlesOf(path);
    return names
      .filter((name) => !titles.some((title) => title.includes(name)))
      .map((name) => `${path}: ${name}`);
  });
}

/** The titles of a test file's tests, as they are written. */
function titlesOf(path: string): string[] {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  const titles = readFileSync(full, 'utf8').matchAll(/\b(?:test|it)\(\s*(['"`])(.*?)(?<!\\)\1/gs);
  return [...titles].map(([, , title]) => title!.replaceAll("\\'", "'"));
}
