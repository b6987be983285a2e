/** Modules that are unloaded by force while a reload takes them down, or after it has brought them up again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineModule, Kernel, type ModuleClass } from '../../../core/index.js';
import { gated, turn } from '../../support/gate.js';

declare module '../../../core/index.js' {
  interface EventHandlers {
    force_test(n: number): void;
  }
}

interface Made {
  readonly depends?: readonly (string | ModuleClass)[];
  readonly reload?: 'after';
  /** Called in its start, with how often it has been started. */
  readonly start?: (count: number) => unknown;
  /** Called in its stop and its handover, with how often it has been stopped, or asked. */
  readonly stop?: (count: number) => unknown;
  readonly handover?: (count: number) => unknown;
}

/** A kernel, what has happened in it, and a way to make modules that write that down. */
function world() {
  const errors: string[] = [];
  const kernel = new Kernel({ log: () => {}, onError: ({ message }) => errors.push(message) });
  const journal: string[] = [];
  kernel.eventhandler.register('kld_load', ({ name }) => journal.push(`+${name}`));
  kernel.eventhandler.register('kld_unload', (name) => journal.push(`-${name}`));
  const make = (name: string, { start, stop, handover, ...rest }: Made = {}): ModuleClass => {
    let [starts, stops, asked] = [0, 0, 0];
    return defineModule({
      name,
      ...rest,
      start: async () => void (await start?.(++starts)),
      async stop() {
        journal.push(`${name} stops`);
        await stop?.(++stops);
      },
      on: { force_test: (_context, n) => journal.push(`${name} hears ${n}`) },
      ...(handover && {
        async handover() {
          await handover(++asked);
          return null;
        },
        takeover: () => {},
      }),
    });
  };
  const names = (): string[] => kernel.modules().map(({ name }) => name);
  return { kernel, journal, errors, make, names };
}

const goneByForce = (name: string) => ({
  code: 'ENOENT',
  module: 'meter',
  message: `meter is not reloaded: ${name} has been unloaded by force`,
});

const turns = async (n: number): Promise<void> => {
  for (let i = 0; i < n; i++) await turn();
};

/** Fails when it is started for the second time. */
const fragile = (count: number): void => {
  if (count === 2) throw new Error('not on this one');
};

for (const step of ['handover', 'stop'] as const)
  test(`a dependent that is unloaded by force during its ${step} is stopped once, and stays gone`, async () => {
    const { kernel, journal, errors, make, names } = world();
    const { open, gate } = gated();
    await kernel.load(make('meter'));
    await kernel.load(make('a', { depends: ['meter'], handover: () => {}, [step]: () => gate }));
    journal.length = 0;
    const reloading = assert.rejects(kernel.reload(make('meter')), goneByForce('a'));
    await turns(5);
    const dispatch = kernel.eventhandler.invokeAsync('force_test', 5);
    const forced = kernel.unload('a', { force: true });
    await turns(5);
    open();
    await Promise.all([forced, reloading, dispatch]);
    assert.deepEqual(
      journal.filter((line) => line !== 'meter hears 5' && line !== 'meter stops'),
      ['a stops', '-a'],
    );
    assert.deepEqual(names(), ['meter']);
    assert.deepEqual(errors, []);
    await kernel.unload('meter');
    const left = kernel.eventhandler.lists().find(({ name }) => name === 'force_test');
    assert.deepEqual(left?.entries ?? [], []);
  });

test('a dependent that is unloaded by force when it is up again is stopped once, and stays gone', async () => {
  const { kernel, journal, make, names } = world();
  const { open, gate } = gated();
  const building = async (count: number): Promise<void> => {
    if (count === 2) await gate;
    fragile(count);
  };
  await kernel.load(make('meter'));
  await kernel.load(make('a', { depends: ['meter'], handover: () => {} }));
  await kernel.load(make('b', { depends: ['meter'], start: building }));
  const reloading = assert.rejects(kernel.reload(make('meter')), {
    module: 'b',
    message: 'b: its start failed: not on this one',
  });
  await turns(5);
  journal.length = 0;
  const forced = kernel.unload('a', { force: true });
  await turns(5);
  open();
  await Promise.all([forced, reloading]);
  assert.deepEqual(
    journal.filter((line) => /\ba\b/.test(line)),
    ['a stops', '-a'],
  );
  assert.deepEqual(names(), ['meter', 'b']);
});

test('one that is unloaded by force while it hands over on the way back stays gone', async () => {
  const { kernel, journal, make, names } = world();
  const { open, gate } = gated();
  await kernel.load(make('meter'));
  await kernel.load(make('a', { depends: ['meter'], handover: (count) => (count === 2 ? gate : undefined) }));
  await kernel.load(make('b', { depends: ['meter'], start: fragile }));
  const reloading = assert.rejects(kernel.reload(make('meter')), {
    message: 'b: its start failed: not on this one',
  });
  await turns(5);
  journal.length = 0;
  const forced = kernel.unload('a', { force: true });
  open();
  await Promise.all([forced, reloading]);
  assert.deepEqual(
    journal.filter((line) => /\ba\b/.test(line)),
    ['a stops', '-a'],
  );
  assert.deepEqual(names(), ['meter', 'b']);
});

test('what depends on one that was unloaded by force when it was up again does not come up without it', async () => {
  const { kernel, make, names } = world();
  const { open, gate } = gated();
  await kernel.load(make('meter'));
  await kernel.load(make('a', { depends: ['meter'] }));
  await kernel.load(make('b', { depends: ['meter'], start: (count) => (count === 2 ? gate : undefined) }));
  let starts = 0;
  await kernel.load(make('c', { depends: ['a'], start: () => starts++ }));
  const reloading = assert.rejects(kernel.reload(make('meter')), {
    code: 'ENOENT',
    module: 'c',
    message: 'c: a, which it depends on, is gone (not put back: c: a, which it depends on, is gone)',
  });
  await turns(5);
  const forced = kernel.unload('a', { force: true });
  await turns(5);
  open();
  await Promise.all([forced, reloading]);
  assert.deepEqual([names(), starts], [['meter', 'b'], 1]);
  for (const name of ['b', 'meter']) await kernel.unload(name);
  assert.deepEqual(names(), []);
});

test('the old version’s stop is called once, even if it is unloaded by force meanwhile', async () => {
  const { kernel, journal, make, names } = world();
  const { open, gate } = gated();
  await kernel.load(make('meter', { reload: 'after', stop: () => gate }));
  const reloading = assert.rejects(kernel.reload(make('meter')), goneByForce('meter'));
  await turns(5);
  const forced = kernel.unload('meter', { force: true });
  await turns(5);
  open();
  await Promise.all([forced, reloading]);
  assert.deepEqual(journal, ['+meter', 'meter stops', '-meter']);
  assert.deepEqual(names(), []);
});

for (const reload of [undefined, 'after'] as const)
  test(`a new version that is unloaded by force on the way back (${reload}) takes the old one along`, async () => {
    const { kernel, journal, make, names } = world();
    const { open, gate } = gated();
    const [one, own] = [make('meter', { ...(reload && { reload }) }), make('own')];
    await kernel.load(one);
    await kernel.load(make('a', { depends: ['meter', own], start: fragile }));
    const reloading = assert.rejects(kernel.reload(make('meter', { stop: () => gate })), {
      code: 'ESTART',
      module: 'a',
      message:
        'a: its start failed: not on this one (not put back: meter is not reloaded: meter has been unloaded by force)',
    });
    await turns(5);
    journal.length = 0;
    const dispatch = kernel.eventhandler.invokeAsync('force_test', 5);
    const forced = kernel.unload('meter', { force: true });
    await turns(5);
    open();
    await Promise.all([forced, reloading, dispatch]);
    const expected = reload === 'after' ? ['-meter'] : ['-meter', 'meter stops'];
    assert.deepEqual(
      journal.filter((line) => line.includes('meter')),
      expected,
    );
    assert.deepEqual(names(), []);
    const left = kernel.eventhandler.lists().find(({ name }) => name === 'force_test');
    assert.deepEqual(left?.entries ?? [], []);
  });

test('a reload waits for the old version that goes with the new one by force', async () => {
  const { kernel, journal, make } = world();
  const [newest, oldest] = [gated(), gated()];
  await kernel.load(make('meter', { stop: () => oldest.gate }));
  await kernel.load(make('a', { depends: ['meter'], start: fragile }));
  const reloading = assert
    .rejects(kernel.reload(make('meter', { stop: () => newest.gate })), { code: 'ESTART' })
    .then(() => journal.push('over'));
  await turns(5);
  const forced = kernel.unload('meter', { force: true });
  await turns(5);
  journal.length = 0;
  newest.open();
  await forced;
  await turns(5);
  journal.push('may end');
  oldest.open();
  await reloading;
  assert.deepEqual(journal, ['-meter', 'meter stops', 'may end', 'over']);
});
