/** What was loaded by hand comes over to a successor, as it was loaded. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import * as v from 'valibot';
import { inject, type Json, Kernel, type KernelOptions, Module, SETTINGS } from '../../../core/index.js';
import { importerFor } from '../../../modules/boot/index.js';
import { Booted } from './support/booted.js';

@Module({
  name: 'meter',
  settings: v.strictObject({ password: v.optional(v.string()) }),
  secrets: ['password'],
})
class Meter {
  constructor(@inject(SETTINGS) readonly settings: { readonly password?: string }) {}
}

@Module({ name: 'other' })
class Other {}

@Module({ name: 'broken' })
class Broken {
  start(): void {
    throw new Error('no such device');
  }
}

/** Gives address spaces of their own: here the same one. */
@Module({ name: 'worker' })
class Spaces {
  constructor(@inject(Kernel) kernel: Kernel) {
    kernel.isolations.register('worker', { standIn: async () => Other, renew: async () => Other });
  }
}

const registry = (broken: boolean) => ({
  meter: { summary: '', load: async () => Meter },
  worker: { summary: '', load: async () => Spaces },
  jails: { summary: '', load: async () => Jails },
  other: { summary: '', load: async () => (broken ? Broken : Other) },
});

async function booted(t: TestContext, options: KernelOptions = {}, broken = false): Promise<Booted> {
  const importer = importerFor('/nowhere/carpet.yaml', registry(broken));
  const host = await Booted.from('modules: {meter: {}}', registry(broken), { import: importer, ...options });
  t.after(() => host[Symbol.asyncDispose]());
  return host;
}

const names = ({ kernel }: Booted): string[] =>
  kernel
    .modules()
    .map(({ name }) => name)
    .filter((name) => name !== 'boot');

/** What a predecessor hands over that has an instance of `meter` and `other` by hand. */
async function predecessor(t: TestContext): Promise<Record<string, Json>> {
  const old = await booted(t);
  await old.kernel.load('meter', { password: 'nats://me:secret@host' }, { as: 'night' });
  await old.kernel.load('other', undefined, { current: true });
  assert.deepEqual(names(old), ['meter', 'night', 'other']);
  return old.kernel.succession.captureNow({});
}

test('they are loaded with settings and names; those of the file are not loaded twice', async (t) => {
  const host = await booted(t, { predecessor: await predecessor(t) });
  assert.deepEqual(names(host), ['meter']);
  await host.module.loadInherited();
  assert.deepEqual(names(host), ['meter', 'night', 'other']);
  assert.equal(host.kernel.get(Meter, 'night').settings.password, 'nats://me:secret@host');
  assert.equal(host.kernel.get(Meter).settings.password, undefined);
  assert.ok(!JSON.stringify(host.kernel.inspect()).includes('secret'));
});

test('one that does not load makes the upgrade fail, and is named with the remedy', async (t) => {
  const host = await booted(t, { predecessor: await predecessor(t) }, true);
  await assert.rejects(host.module.loadInherited(), {
    code: 'EHANDOVER',
    message:
      /^other, which was loaded by hand, cannot be loaded here, .*carpet kldunload other.*no such device/,
  });
});

test('a state of a predecessor that did not hand them over is taken', async (t) => {
  const host = await booted(t, { predecessor: { boot: { shares: {} } } });
  await host.module.loadInherited();
  assert.deepEqual(names(host), ['meter']);
});

test('one in an address space of its own comes over though the file brings none any more', async (t) => {
  for (const isolate of ['worker', { in: 'worker', restarts: 3 }]) {
    const byHand = [{ name: 'other', source: 'other', isolate }];
    const host = await booted(t, { predecessor: { boot: { shares: {}, byHand } } });
    await host.module.loadInherited();
    assert.deepEqual(names(host), ['meter', 'worker', 'other']);
  }
});

/** Gives address spaces of a kind that has another name than this module. */
@Module({ name: 'jails' })
class Jails {
  constructor(@inject(Kernel) kernel: Kernel) {
    kernel.isolations.register('jail' as 'worker', { standIn: async () => Other, renew: async () => Other });
  }
}

test('what gives address spaces, and was loaded by hand too, may have another name than their kind', async (t) => {
  const byHand = [
    { name: 'jails', source: 'jails' },
    { name: 'other', source: 'other', isolate: 'jail' },
  ];
  const host = await booted(t, { predecessor: { boot: { shares: {}, byHand } } });
  await host.module.loadInherited();
  assert.deepEqual(names(host), ['meter', 'jails', 'other']);
});
