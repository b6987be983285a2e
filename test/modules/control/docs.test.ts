/** docs/control.md: its example is a real module, its command table complete, its limits the ones in force. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Pager } from '../../docs/control-example.js';
import { needs } from '../../support/needs.js';
import { ControlledKernel } from './support/server.js';

const skip = needs('native');
const root = fileURLToPath(new URL('../../../../', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

test("the page's module is the example, and its verb works", { skip }, async () => {
  assert.ok(read('docs/control.md').includes(`\`\`\`ts\n${read('test/docs/control-example.ts')}\`\`\``));
  await using kernel = await ControlledKernel.start();
  await kernel.kernel.load(Pager);
  const answer = await kernel.ask('/v1/pager/mute', { body: {}, headers: { accept: 'text/plain' } });
  assert.equal(answer.body, 'nobody is paged\n');
});

test('the page names every verb that the kernel itself offers', { skip }, async () => {
  const page = read('docs/control.md');
  await using kernel = await ControlledKernel.start();
  for (const { name } of kernel.kernel.verbs.list()) {
    assert.ok(page.includes(`carpet ${name.split('.')[0]}`), `docs/control.md lacks ${name}`);
  }
});
