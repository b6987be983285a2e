/** The programs shown in README.md and docs/lan.md are files here: the text must be theirs, and so must the output. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

for (const [page, example] of [
  ['README.md', 'readme-example'],
  ['docs/lan.md', 'lan-example'],
] as const) {
  test(`the program in ${page} runs and prints what the page says`, () => {
    const text = readFileSync(join(root, page), 'utf8');
    const source = readFileSync(join(root, 'test/docs', `${example}.ts`), 'utf8');
    const start = text.indexOf(`\`\`\`ts\n${source}\`\`\`\n`);
    assert.ok(start >= 0, `${page} does not show test/docs/${example}.ts as it is`);
    const shown = /```text\n(.*?)```/s.exec(text.slice(start))?.[1];
    const program = join(root, 'dist/test/docs', `${example}.js`);
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(stdout, shown);
  });
}
