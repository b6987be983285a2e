/** docs/worker.md: its program prints what the page says, and its settings file is valid. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFiles } from '../../modules/boot/index.js';
import { BUILTINS } from '../../modules/builtin/index.js';
import { Folder } from '../modules/boot/support/folder.js';
import { fences, inFolder, runCommand, write } from './walk.js';

test('docs/worker.md prints what it says', () => {
  inFolder((folder) => {
    let printed = '';
    const tsconfig = fences('tutorial.md').find(({ file }) => file === 'tsconfig.json');
    write(folder, 'tsconfig.json', tsconfig!.text);
    for (const { language, file, text } of fences('worker.md')) {
      if (file !== undefined) write(folder, file, text);
      else if (language === 'sh')
        for (const command of text.trim().split('\n')) printed = runCommand(folder, command);
      else if (language === 'text')
        assert.equal(printed.replace(/still for \d+ ms/, 'still for 1000 ms'), text);
    }
    assert.notEqual(printed, '');
  });
});

test('its settings file is valid', async () => {
  using folder = new Folder();
  const [yaml] = fences('worker.md').filter(({ language }) => language === 'yaml');
  const core = new URL('../../core/index.js', import.meta.url).href;
  folder.write(
    'lab.js',
    `import { Module } from '${core}'; export class Lab {} Module({ name: 'lab' })(Lab);`,
  );
  folder.write('carpet.yaml', yaml!.text);
  const { problems, configuration } = await checkFiles(folder.main, { registry: BUILTINS });
  assert.deepEqual(problems, []);
  const [worker, lab] = configuration!.modules;
  assert.equal(worker?.name, 'worker');
  assert.deepEqual([lab?.name, lab?.isolate], ['lab', { in: 'worker', memoryMb: 64 }]);
});
