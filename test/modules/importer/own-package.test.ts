/** Files that import carpet where it is not installed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel } from '../../../core/index.js';
import { CarpModule } from '../../../modules/carp/index.js';
import { importerFrom } from '../../../modules/importer/index.js';
import { ModuleFolder } from '../../support/module-folder.js';

type Classes = Record<string, unknown>;

// The first import of the process: no hook is there yet.
test('a file finds the carpet that imports it, at first and anew', async () => {
  using folder = new ModuleFolder();
  folder.write('main.mjs', `export { Kernel } from 'carpet-kernel'; export * from './below/carp.mjs';`);
  folder.write('below/carp.mjs', `export { CarpModule } from 'carpet-kernel/carp';`);
  const importer = importerFrom(folder.origin);
  const first = (await importer('./main.mjs')) as Classes;
  assert.deepEqual([first['Kernel'], first['CarpModule']], [Kernel, CarpModule]);
  folder.write('below/carp.mjs', `export { CarpModule } from 'carpet-kernel/carp'; export const n = 2;`);
  const second = (await importer('./main.mjs', { fresh: true })) as Classes;
  assert.deepEqual([second['CarpModule'], second['n']], [CarpModule, 2]);
});

test('a carpet that is installed there counts first', async () => {
  using folder = new ModuleFolder();
  const entry = { name: 'carpet-kernel', type: 'module', exports: './index.js' };
  folder.write('node_modules/carpet-kernel/package.json', JSON.stringify(entry));
  folder.write('node_modules/carpet-kernel/index.js', `export const Kernel = 'installed';`);
  folder.write('main.mjs', `export { Kernel } from 'carpet-kernel';`);
  assert.equal(((await importerFrom(folder.origin)('./main.mjs')) as Classes)['Kernel'], 'installed');
});

test('what carpet does not export, and other packages, are missed as ever', async () => {
  using folder = new ModuleFolder();
  folder.write('inner.mjs', `import 'carpet-kernel/secret';`);
  folder.write('other.mjs', `import 'carpet-kernels';`);
  const importer = importerFrom(folder.origin);
  await assert.rejects(async () => importer('./inner.mjs'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
  await assert.rejects(async () => importer('./other.mjs'), { code: 'ERR_MODULE_NOT_FOUND' });
});
