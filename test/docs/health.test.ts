/** docs/health.md: its settings are valid, its settings and kinds are those of the module, its module compiles. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { checkFiles } from '../../modules/boot/index.js';
import { BUILTINS } from '../../modules/builtin/index.js';
import { problemLines } from '../../modules/cli/settings-file.js';
import { healthSchema } from '../../modules/health/settings.js';
import { Folder } from '../modules/boot/support/folder.js';
import { fences, inFolder, runCommand, write } from './walk.js';

const page = readFileSync(fileURLToPath(new URL('../../../docs/health.md', import.meta.url)), 'utf8');

test('the settings on the page are valid', async () => {
  const [file] = fences('health.md').filter(({ language }) => language === 'yaml');
  using folder = new Folder();
  folder.write('carpet.yaml', file!.text);
  folder.write('carp.pass', 'secret');
  const checked = await checkFiles(folder.main, { registry: BUILTINS });
  assert.deepEqual(problemLines(checked), []);
});

test('the page has every setting with its default', () => {
  const { checks } = v.parse(healthSchema, { checks: { it: { kind: 'interface', name: 'eth0' } } });
  for (const [name, value] of Object.entries(checks['it']!)) {
    if (name === 'kind' || name === 'name') continue;
    assert.ok(page.includes(`| \`${name}\` | ${String(value)} |`), name);
  }
});

test('the module on the page compiles', () => {
  const [module] = fences('health.md').filter(({ language }) => language === 'ts');
  inFolder((folder) => {
    write(folder, 'tsconfig.json', fences('tutorial.md').find(({ file }) => file === 'tsconfig.json')!.text);
    write(folder, 'src/queue.ts', module!.text);
    runCommand(folder, 'npx tsc');
  });
});
