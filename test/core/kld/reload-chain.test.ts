/** The way back of a reload where dependents depend on each other, and where what goes with it fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineModule, inject, Kernel, Module, type ModuleClass, optional } from '../../../core/index.js';

function world() {
  const log: string[] = [];
  const kernel = new Kernel({ log: ({ message }) => log.push(message) });
  const using = () => kernel.modules().map(({ name, usedBy }) => [name, usedBy] as const);
  return { kernel, log, using };
}

/** A module that can be started once. */
function onceOnly(name: string, depends: readonly (string | ModuleClass)[]): ModuleClass {
  let count = 0;
  return defineModule({
    name,
    depends,
    start() {
      if (++count > 1) throw new Error(`no start ${count}`);
    },
  });
}

const meter = (more: { reload?: 'after'; depends?: ModuleClass[] } = {}): ModuleClass =>
  defineModule({ name: 'meter', ...more });

for (const [fragile, order] of [
  ['b', 'a c b'],
  ['c', 'a c b'],
  ['c', 'a b c'],
] as const)
  test(`when ${fragile} of ${order} fails on the new version, b comes back on the a that is at work`, async () => {
    const { kernel, using } = world();
    let starts = 0;
    const fail = (): void => {
      starts++;
      if (starts === 2) throw new Error('not on this one');
    };
    @Module({ name: 'a', depends: ['meter'] })
    class A {}
    @Module({ name: 'b', depends: [A] })
    class B {
      constructor(@inject(A) readonly a: A) {}
      start(): void {
        if (fragile === 'b') fail();
      }
    }
    const start = fragile === 'c' ? fail : () => {};
    const modules = { a: A, b: B, c: defineModule({ name: 'c', depends: ['meter'], start }) };
    await kernel.load(meter());
    for (const name of order.split(' ')) await kernel.load(modules[name as keyof typeof modules]);
    await assert.rejects(kernel.reload(meter()), { module: fragile, message: /not on this one$/ });
    assert.equal(kernel.get(B).a, kernel.get(A));
    assert.deepEqual(new Map(using()).get('a'), ['b']);
    await assert.rejects(kernel.unload('a', { force: true }), { code: 'EBUSY' });
  });

test('what depends on a module that comes up on neither version, however far, is gone with it', async () => {
  const { kernel, using } = world();
  const own = defineModule({ name: 'own' });
  await kernel.load(meter());
  await kernel.load(onceOnly('a', ['meter']));
  await kernel.load(defineModule({ name: 'b', depends: ['a', own] }));
  await kernel.load(defineModule({ name: 'c', depends: ['b'] }));
  await kernel.load(defineModule({ name: 'd', depends: ['meter'] }));
  await assert.rejects(kernel.reload(meter()), {
    code: 'ESTART',
    module: 'a',
    message:
      'a: its start failed: no start 2 (not put back: a: its start failed: no start 3; ' +
      'b: a, which it depends on, is gone; c: b, which it depends on, is gone)',
  });
  assert.deepEqual(using(), [
    ['meter', ['d']],
    ['d', []],
  ]);
  for (const name of ['d', 'meter']) await kernel.unload(name);
  assert.deepEqual(kernel.modules(), []);
});

test('what only uses a module that comes up on neither version is back without it', async () => {
  const { kernel, using } = world();
  const a = onceOnly('a', ['meter']);
  const b = defineModule({ name: 'b', inject: { a: optional(a) }, state: (context) => context.a });
  await kernel.load(meter());
  await kernel.load(a);
  await kernel.load(b);
  assert.equal(kernel.get(b).state, kernel.get(a));
  await assert.rejects(kernel.reload(meter()), {
    message: 'a: its start failed: no start 2 (not put back: a: its start failed: no start 3)',
  });
  assert.equal(kernel.get(b).state, undefined);
  assert.deepEqual(using(), [
    ['meter', []],
    ['b', []],
  ]);
});

/** A module whose stop fails. */
const stubborn = (name: string): ModuleClass =>
  defineModule({
    name,
    stop() {
      throw new Error(`${name} does not stop`);
    },
  });

const stopFailed = (of: string, name: string): string =>
  `reload of ${of}: ${name}: its stop failed: ${name} does not stop`;

test('what goes with modules that are gone may fail to stop: the reload says what failed first, and all goes', async () => {
  const { kernel, log } = world();
  await kernel.load(meter());
  await kernel.load(onceOnly('a', ['meter', stubborn('own-of-a'), stubborn('more-of-a')]));
  await kernel.load(defineModule({ name: 'b', depends: ['a', defineModule({ name: 'own-of-b' })] }));
  await assert.rejects(kernel.reload(meter()), {
    code: 'ESTART',
    module: 'a',
    message: /^a: its start failed/,
  });
  assert.deepEqual(
    kernel.modules().map(({ name }) => name),
    ['meter'],
  );
  assert.deepEqual(log, [stopFailed('a', 'more-of-a')]);
});

test('what only the new version needed may fail to stop: what could not be put back goes even so', async () => {
  const { kernel, log } = world();
  const own = defineModule({ name: 'own' });
  await kernel.load(meter());
  await kernel.load(onceOnly('a', ['meter', own]));
  await assert.rejects(kernel.reload(meter({ depends: [stubborn('news')] })), {
    code: 'ESTART',
    module: 'a',
  });
  assert.deepEqual(
    kernel.modules().map(({ name }) => name),
    ['meter'],
  );
  assert.deepEqual(log, [stopFailed('meter', 'news')]);
});

test('what only the old version needed may fail to stop: the new one is at work, and the reload says so', async () => {
  const { kernel, log } = world();
  await kernel.load(meter({ depends: [stubborn('past'), stubborn('elder')] }));
  assert.equal((await kernel.reload(meter())).changed, true);
  assert.deepEqual(
    kernel.modules().map(({ name }) => name),
    ['meter'],
  );
  assert.deepEqual(log, [stopFailed('meter', 'elder')]);
});
