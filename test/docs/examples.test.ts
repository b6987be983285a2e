/**
 * The programs in docs/examples/ run, and print what the page that shows them says, or else the comment at their end.
 * A page shows its program as it is.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/npm.js';

const SHOWN: Readonly<Record<string, string>> = {
  'pager.ts': 'README.md',
  'plain.mjs': 'README.md',
  'lan.ts': 'docs/lan.md',
  'provider.ts': 'docs/vip.md',
};

function promised(example: string, source: string): string {
  const page = SHOWN[example];
  if (page === undefined)
    return /^\/\* Prints:\n(.*)\*\/\n$/ms.exec(source)?.[1] ?? assert.fail(`${example} promises nothing`);
  const text = readFileSync(join(root, page), 'utf8');
  const start = example.endsWith('.ts') ? text.indexOf(`\`\`\`ts\n${source}\`\`\`\n`) : 0;
  assert.ok(start >= 0, `${page} does not show docs/examples/${example} as it is`);
  return /```text\n(.*?)```/s.exec(text.slice(start))![1]!;
}

for (const example of readdirSync(join(root, 'docs/examples'))) {
  test(`docs/examples/${example} prints what it says`, () => {
    const source = join(root, 'docs/examples', example);
    const program = example.endsWith('.ts')
      ? join(root, 'dist/docs/examples', example.replace(/\.ts$/, '.js'))
      : source;
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(stdout, promised(example, readFileSync(source, 'utf8')));
  });
}
