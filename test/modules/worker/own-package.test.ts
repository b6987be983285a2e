/** A module in a folder where no carpet is installed, in a thread: it gets the one that runs, as it does outside. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Kernel } from '../../../core/index.js';
import { importerFrom } from '../../../modules/importer/index.js';
import { WorkerModule } from '../../../modules/worker/index.js';
import { ModuleFolder } from '../../support/module-folder.js';

test('a module in a worker finds the carpet that runs', async () => {
  using folder = new ModuleFolder();
  const file = folder.write(
    'pager.mjs',
    `import { defineModule } from 'carpet-kernel';
    export default defineModule({
      name: 'pager',
      start: ({ scope }) => void scope.sysctl.int('pager.pages', { description: 'pages', value: 3 }),
    });`,
  );
  const kernel = new Kernel({ import: importerFrom(folder.origin) });
  await kernel.load(WorkerModule);
  try {
    await kernel.load(pathToFileURL(file).href, undefined, { isolate: 'worker' });
    assert.equal(kernel.sysctl.get('pager.pages')?.value, 3);
    await kernel.reload('pager');
    assert.equal(kernel.sysctl.get('pager.pages')?.value, 3);
  } finally {
    await kernel.shutdown();
  }
});
