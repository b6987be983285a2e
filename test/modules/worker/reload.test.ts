/** Modules in threads that are reloaded from their files, and that follow what they depend on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel, Module } from '../../../core/index.js';
import { WorkerModule } from '../../../modules/worker/index.js';
import { ModuleFolder, PACKAGE } from '../../support/module-folder.js';

function write(folder: ModuleFolder, version: number, more = ''): void {
  folder.write('below/version.mjs', `export const version = ${version};`);
  folder.write(
    'meter.mjs',
    `import { Module } from '${PACKAGE}';
import { version } from './below/version.mjs';
export class Meter {
  sum = 0;
  add(n) { this.sum += n; return [version, this.sum]; }
  handover() { return this.sum; }
  takeover(sum) { this.sum = sum; }
  ${more}
}
Module({ name: 'meter', offers: ['add'${more === '' ? '' : ", 'sub'"}] })(Meter);`,
  );
}

for (const by of ['its path', 'its class'] as const)
  test(`an isolated module that was loaded by ${by} is reloaded into a new worker with the code of now`, async () => {
    using folder = new ModuleFolder();
    write(folder, 1);
    await using kernel = new Kernel({ base: folder.url });
    await kernel.load(WorkerModule);
    const path = './meter.mjs';
    const { Meter } = (await import(new URL(path, folder.url).href)) as { Meter: new () => object };
    await kernel.load((by === 'its path' ? path : Meter) as string, undefined, { isolate: 'worker' });
    const call = (method: string, n: number): Promise<unknown> => kernel.offers('meter').call(method, [n]);
    assert.deepEqual(await call('add', 5), [1, 5]);
    assert.deepEqual(await kernel.reload('meter'), { name: 'meter', changed: false, restarted: [] });
    assert.deepEqual(await call('add', 5), [1, 10]);
    folder.write('below/version.mjs', `export const version = 2;`);
    assert.equal((await kernel.reload('meter')).changed, true, 'only what it imports has changed');
    assert.deepEqual(await call('add', 5), [2, 15]);
    write(folder, 3, 'sub(n) { return this.add(-n); }');
    assert.equal((await kernel.reload('meter')).changed, true);
    assert.deepEqual(await call('sub', 5), [3, 10], 'and offers what is new');
    assert.equal((await kernel.reload('meter')).changed, false);
    assert.deepEqual(
      kernel.modules().map(({ name, isolation }) => [name, isolation?.state]),
      [
        ['worker', undefined],
        ['meter', 'running'],
      ],
    );
  });

test('a version of an isolated module that fails leaves the old one, which is still the one of its file', async () => {
  using folder = new ModuleFolder();
  write(folder, 1);
  await using kernel = new Kernel({ base: folder.url });
  await kernel.load(WorkerModule);
  const path = folder.path + '/meter.mjs';
  await kernel.load(path, undefined, { isolate: 'worker' });
  write(folder, 2, `start() { throw new Error('no start'); } sub() {}`);
  await assert.rejects(kernel.reload('meter'), /no start/);
  folder.write('below/version.mjs', 'export const version = ;');
  await assert.rejects(kernel.reload('meter'), { code: 'EIMPORT' });
  assert.deepEqual(await kernel.offers('meter').call('add', [1]), [1, 1]);
  await kernel.load(path, undefined, { isolate: 'worker' });
  assert.equal(kernel.modules().at(-1)!.refs, 2);
  write(folder, 3, 'sub() {}');
  assert.equal((await kernel.reload('meter')).changed, true);
  await kernel.load(path, undefined, { isolate: 'worker' });
  assert.equal(kernel.modules().at(-1)!.refs, 3, 'the newer one is the one of its file now');
  for (let i = 0; i < 3; i++) await kernel.unload('meter');
  assert.deepEqual(
    kernel.modules().map(({ name }) => name),
    ['worker'],
  );
});

test('an isolated module is told that a newer version is at work when it is stopped for it', async () => {
  using folder = new ModuleFolder();
  const log: string[] = [];
  const write = (version: number): string =>
    folder.write(
      'pager.mjs',
      `import { inject, Log, Module } from '${PACKAGE}';
export class Pager {
  constructor(log) { this.log = log; }
  handover() { return ${version}; }
  takeover() {}
  stop(end) { this.log.notice('${version}: ' + end); }
}
inject(Log)(Pager, undefined, 0);
Module({ name: 'pager' })(Pager);`,
    );
  write(1);
  await using kernel = new Kernel({ base: folder.url, log: ({ message }) => void log.push(message) });
  await kernel.load(WorkerModule);
  await kernel.load('./pager.mjs', undefined, { isolate: 'worker' });
  write(2);
  await kernel.reload('pager');
  assert.deepEqual(log, ['1: replace']);
  await kernel.unload('pager');
  assert.deepEqual(log, ['1: replace', '2: unload']);
});

test('an isolated module that has failed hinders neither an upgrade nor a reload with mended code', async () => {
  using folder = new ModuleFolder();
  const write = (body: string): string =>
    folder.write(
      'pager.mjs',
      `import { Module } from '${PACKAGE}';
export class Pager {
  start() { ${body} }
  two() { return 2; }
  handover() { return 1; }
  takeover() {}
}
Module({ name: 'pager', offers: ['two'] })(Pager);`,
    );
  write('setTimeout(() => process.exit(3), 50);');
  await using kernel = new Kernel({ base: folder.url });
  await kernel.load(WorkerModule);
  const isolate = { in: 'worker', restart: { max: 0 } } as const;
  await kernel.load('./pager.mjs', undefined, { isolate });
  assert.deepEqual(await kernel.succession.capture(), { pager: 1 });
  while (kernel.modules().at(-1)!.isolation?.state !== 'failed')
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(await kernel.succession.capture(), {});
  write('');
  await kernel.reload('pager');
  assert.equal(await kernel.offers('pager').call('two', []), 2);
});

test('an isolated module follows what it depends on', async () => {
  using folder = new ModuleFolder();
  folder.write(
    'meter.mjs',
    `import { Module } from '${PACKAGE}';
export class Meter { add(n) { return n + 1; } }
Module({ name: 'meter', offers: ['add'], follows: true, depends: ['ground'] })(Meter);`,
  );
  class Ground {}
  Module({ name: 'ground' })(Ground);
  await using kernel = new Kernel({ base: folder.url });
  const names = (): string[] => kernel.modules().map(({ name }) => name);
  await kernel.load(WorkerModule);
  await kernel.load(Ground);
  await kernel.load('./meter.mjs', undefined, { isolate: 'worker' });
  await kernel.unload('ground');
  assert.deepEqual(names(), ['worker']);
  await kernel.load(Ground);
  assert.deepEqual(names(), ['worker', 'ground', 'meter']);
  assert.equal(await kernel.offers('meter').call('add', [1]), 2);
  await kernel.load('./meter.mjs', undefined, { isolate: 'worker' });
  assert.equal(kernel.modules().at(-1)!.refs, 2);
});

test('what provides workers is reloaded with the modules in them, and goes on to provide them', async () => {
  using folder = new ModuleFolder();
  write(folder, 1);
  await using kernel = new Kernel({ base: folder.url });
  await kernel.load(WorkerModule);
  const load = (): Promise<object> => kernel.load('./meter.mjs', undefined, { isolate: 'worker' });
  const add = (n: number): Promise<unknown> => kernel.offers('meter').call('add', [n]);
  await load();
  assert.deepEqual(await add(5), [1, 5]);
  assert.deepEqual((await kernel.reload(WorkerModule)).restarted, ['meter']);
  assert.deepEqual(await add(5), [1, 10]);
  await load();
  assert.equal(kernel.modules().at(-1)!.refs, 2);
  folder.write('below/version.mjs', `export const version = 2;`);
  assert.equal((await kernel.reload('meter')).changed, true);
  assert.deepEqual(await add(5), [2, 15]);
  for (let i = 0; i < 2; i++) await kernel.unload('meter');
  await load();
  assert.deepEqual(await add(5), [2, 5]);
});
