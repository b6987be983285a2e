/** What code a settings file gets of a module: that which runs, or that which its file has now. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModuleImporter } from '../../../core/index.js';
import { importerFor } from '../../../modules/boot/index.js';
import { PACKAGE } from '../../support/module-folder.js';
import { Booted } from './support/booted.js';

const WITH_PAGER = 'modules: {./pager.mjs: {}}';

/** A pager whose `start` is this. */
const pager = (start: string): string =>
  `import { defineModule } from '${PACKAGE}';
   export default defineModule({ name: 'pager', start: ({ scope }) => { ${start} } });`;
const says = (version: number): string =>
  pager(`scope.sysctl.int('dev.pager.version', { description: 'a test', value: ${version} });`);

/** A host whose file names no module yet. */
async function booted(): Promise<Booted> {
  let load: ModuleImporter | undefined;
  const host = new Booted({}, { import: (...given) => load!(...given) });
  load = importerFor(host.folder.main, {});
  await host.start('modules: {}', load);
  return host;
}

test('a module that could not be loaded is loaded as soon as its file is mended', async () => {
  await using host = await booted();
  host.folder.write('pager.mjs', 'export default 1 +;');
  assert.match(await host.refused(WITH_PAGER), /^carpet\.yaml:1:11: .*SyntaxError/);
  host.folder.write('pager.mjs', pager("throw new Error('no such line');"));
  assert.match(await host.refused(WITH_PAGER), /no such line/);
  host.folder.write('pager.mjs', says(1));
  await host.apply(WITH_PAGER);
  assert.equal(host.sysctl('dev.pager.version'), 1);
});

test('a module that runs keeps its code, however it was named; one that was unloaded gets that of now', async () => {
  await using host = await booted();
  const path = host.folder.write('pager.mjs', says(1));
  await host.kernel.load(path);
  host.folder.write('pager.mjs', says(2));
  await host.apply(WITH_PAGER);
  assert.equal(host.sysctl('dev.pager.version'), 1);
  assert.deepEqual((await host.module.diff()).changes, []);
  for (let i = 0; i < 2; i++) await host.kernel.unload('pager');
  await host.apply(WITH_PAGER);
  assert.equal(host.sysctl('dev.pager.version'), 2);
});

test('a reload that failed leaves the code that runs to the next file that is applied', async () => {
  await using host = await booted();
  host.folder.write('pager.mjs', says(1));
  await host.apply(WITH_PAGER);
  host.folder.write('pager.mjs', pager("throw new Error('no such line');"));
  await assert.rejects(host.kernel.reload('pager'), { code: 'ESTART' });
  assert.deepEqual((await host.apply(WITH_PAGER)).changes, []);
  assert.equal(host.sysctl('dev.pager.version'), 1);
});

test('modules that import each other come together when the file of one has changed', async () => {
  await using host = await booted();
  const both = 'modules: {./pager.mjs: {}, ./desk.mjs: {}}';
  host.folder.write(
    'desk.mjs',
    `import { defineModule } from '${PACKAGE}';
     import pager from './pager.mjs';
     export default defineModule({ name: 'desk', inject: { pager } });`,
  );
  host.folder.write('pager.mjs', pager("throw new Error('no such line');"));
  assert.match(await host.refused(both), /no such line/);
  host.folder.write('pager.mjs', says(2));
  await host.apply(both);
  assert.deepEqual(host.modules(), ['pager', 'desk']);
  assert.equal(host.sysctl('dev.pager.version'), 2);
});
