/** Files that import carpet where it is not installed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel } from '../../../core/index.js';
import { CarpModule } from '../../../modules/carp/index.js';
import { HOOKS_ARE_CHEAP } from '../../../modules/importer/hooks.js';
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

const requires = HOOKS_ARE_CHEAP ? false : 'needs a Node whose hooks see require: 22.15 or newer';

test('a CommonJS file that requires it finds it too, and misses what it does not export', {
  skip: requires,
}, async () => {
  using folder = new ModuleFolder();
  folder.write('plain.cjs', `exports.Kernel = require('carpet-kernel').Kernel;`);
  folder.write('below/carp.cjs', `exports.CarpModule = require('carpet-kernel/carp').CarpModule;`);
  folder.write('main.mjs', `export { CarpModule } from './below/carp.cjs';`);
  folder.write('inner.cjs', `require('carpet-kernel/secret');`);
  folder.write('other.cjs', `require('carpet-kernels');`);
  const importer = importerFrom(folder.origin);
  for (const fresh of [false, true]) {
    assert.equal(((await importer('./plain.cjs', { fresh })) as Classes)['Kernel'], Kernel);
    assert.equal(((await importer('./main.mjs', { fresh })) as Classes)['CarpModule'], CarpModule);
  }
  await assert.rejects(async () => importer('./inner.cjs'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
  await assert.rejects(async () => importer('./other.cjs'), { code: 'MODULE_NOT_FOUND' });
});

test('so does a package of the folder', async () => {
  using folder = new ModuleFolder();
  const entry = { name: 'pager', type: 'module', exports: './index.js' };
  folder.write('node_modules/pager/package.json', JSON.stringify(entry));
  folder.write('node_modules/pager/index.js', `export { Kernel } from 'carpet-kernel';`);
  folder.write('main.mjs', `export { Kernel } from 'pager';`);
  assert.equal(((await importerFrom(folder.origin)('./main.mjs')) as Classes)['Kernel'], Kernel);
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
