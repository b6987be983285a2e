/** What a reload does in which order, and what those see that watch. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  defineModule,
  inject,
  type Json,
  Kernel,
  type LinkerFile,
  Module,
  type ModuleClass,
  type ModuleEnd,
  optional,
  VirtualClock,
} from '../../../core/index.js';
import { collectGarbage } from '../../support/garbage.js';
import { gated, turn } from '../../support/gate.js';

declare module '../../../core/index.js' {
  interface EventHandlers {
    order_test(n: number): void;
  }
}

/** A kernel that notes which modules come and go, and what its log says. */
function world() {
  const clock = new VirtualClock();
  const log: string[] = [];
  const kernel = new Kernel({ clock, log: ({ message }) => log.push(message) });
  const journal: string[] = [];
  const watch = (): void => {
    kernel.eventhandler.register('kld_load', ({ name }) => journal.push(`+${name}`));
    kernel.eventhandler.register('kld_unload', (name) => journal.push(`-${name}`));
    kernel.eventhandler.register('kld_unload_try', ({ name }) => journal.push(`?${name}`));
    kernel.eventhandler.register('kld_unload_abort', ({ name }, why) => journal.push(`!${name}: ${why}`));
  };
  return { clock, kernel, journal, log, watch };
}

const states = (kernel: Kernel): string[] => kernel.modules().map(({ name, state }) => `${name} ${state}`);

/** A module that notes its start, its events and its stop; stateful, it counts. */
function noting(
  journal: string[],
  name: string,
  label: string,
  more: {
    depends?: readonly (string | ModuleClass)[];
    reload?: 'after';
    isStateful?: boolean;
    start?: () => unknown;
    stop?: () => unknown;
  } = {},
): ModuleClass {
  const { isStateful = false, start, stop, ...rest } = more;
  let sum = 0;
  return defineModule({
    name,
    ...rest,
    async start() {
      journal.push(`${label} starts`);
      await start?.();
    },
    on: {
      order_test: (_context, n) => {
        sum += n;
        journal.push(`${label} hears ${n}`);
      },
    },
    async stop(_context, end: ModuleEnd) {
      await turn();
      journal.push(`${label} stops: ${end}`);
      await stop?.();
    },
    ...(isStateful && {
      handover: (): Json => {
        journal.push(`${label} hands over`);
        return sum;
      },
      takeover: (_context: unknown, state: Json) => void (sum = state as number),
    }),
  });
}

test('beside the old version a new one starts, then they change places; events tell of each', async () => {
  const { kernel, journal, log, watch } = world();
  await kernel.load(noting(journal, 'meter', 'one'));
  await kernel.load(noting(journal, 'display', 'display', { depends: ['meter'] }));
  await kernel.load(noting(journal, 'panel', 'panel', { depends: ['display'] }));
  journal.length = 0;
  watch();
  await kernel.reload(noting(journal, 'meter', 'two'));
  assert.deepEqual(journal, [
    '?panel',
    '?display',
    '?meter',
    'two starts',
    'panel stops: unload',
    '-panel',
    'display stops: unload',
    '-display',
    '-meter',
    '+meter',
    'display starts',
    '+display',
    'panel starts',
    '+panel',
    'one stops: unload',
  ]);
  assert.deepEqual(states(kernel), ['meter loaded', 'display loaded', 'panel loaded']);
  assert.deepEqual(log, []);
  kernel.eventhandler.invoke('order_test', 1);
  assert.deepEqual(journal.slice(-3).toSorted(), ['display hears 1', 'panel hears 1', 'two hears 1']);
  for (const name of ['panel', 'display', 'meter']) await kernel.unload(name);
  assert.deepEqual(kernel.modules(), []);
});

test('a version that holds what only one can have is stopped before the new one starts', async () => {
  const { kernel, journal, watch } = world();
  const more = { reload: 'after', isStateful: true } as const;
  const during: string[][] = [];
  await kernel.load(noting(journal, 'meter', 'one', { ...more, stop: () => during.push(states(kernel)) }));
  await kernel.load(noting(journal, 'display', 'display', { depends: ['meter'], isStateful: true }));
  journal.length = 0;
  watch();
  await kernel.reload(noting(journal, 'meter', 'two', more));
  assert.deepEqual(journal, [
    '?display',
    '?meter',
    'display hands over',
    'display stops: replace',
    '-display',
    'one hands over',
    'one stops: replace',
    '-meter',
    'two starts',
    '+meter',
    'display starts',
    '+display',
  ]);
  assert.deepEqual(during, [['meter unloading']]);
});

test('handlers of a new version are not called before it is at work, those of the old one until then', async () => {
  const { kernel, journal } = world();
  await kernel.load(noting(journal, 'meter', 'one'));
  const { open, gate } = gated();
  const two = defineModule({
    name: 'meter',
    async start({ scope }) {
      scope.register('order_test', (n) => void journal.push(`two hears ${n}`));
      scope.child('part').register('order_test', (n) => void journal.push(`part of two hears ${n}`));
      await gate;
    },
  });
  const reloading = kernel.reload(two);
  await turn();
  kernel.eventhandler.invoke('order_test', 1);
  open();
  await reloading;
  kernel.eventhandler.invoke('order_test', 2);
  assert.deepEqual(journal, [
    'one starts',
    'one hears 1',
    'one stops: unload',
    'two hears 2',
    'part of two hears 2',
  ]);
});

test('a version is asked for its state only if the new one can take it over', async () => {
  for (const reload of [{}, { reload: 'after' }] as const) {
    const { kernel, journal } = world();
    await kernel.load(noting(journal, 'meter', 'one', { isStateful: true, ...reload }));
    await kernel.reload(noting(journal, 'meter', 'two', { ...reload }));
    assert.deepEqual(journal.toSorted(), ['one starts', 'one stops: unload', 'two starts']);
  }
});

test('while states go over, the dependents’ calls wait too, and none overtakes another', async () => {
  const { kernel, journal } = world();
  const more = { isStateful: true };
  await kernel.load(noting(journal, 'meter', 'one', more));
  await kernel.load(noting(journal, 'display', 'display', { depends: ['meter'], ...more }));
  const { open, gate } = gated();
  const two = noting(journal, 'meter', 'two', { ...more, start: () => gate });
  const reloading = kernel.reload(two);
  await turn();
  journal.length = 0;
  kernel.eventhandler.invoke('order_test', 5);
  assert.deepEqual(journal, []);
  open();
  await reloading;
  assert.deepEqual(journal, [
    'display hands over',
    'display stops: replace',
    'two hears 5',
    'display starts',
    'display hears 5',
    'one stops: replace',
  ]);
});

test('the last words of a dependent reach the version at work, other dependents when they are up again', async () => {
  const { kernel, journal } = world();
  const say = (n: number) => (): void => kernel.eventhandler.invoke('order_test', n);
  for (const reload of [{}, { reload: 'after' }] as const) {
    await kernel.load(noting(journal, 'meter', 'one', { ...reload }));
    await kernel.load(noting(journal, 'display', 'display', { depends: ['meter'] }));
    await kernel.load(noting(journal, 'alarm', 'alarm', { depends: ['meter'], stop: say(1) }));
    journal.length = 0;
    await kernel.reload(noting(journal, 'meter', 'two', { ...reload }));
    const heard = journal.filter((line) => line !== 'two starts' && line !== 'one stops: unload');
    assert.deepEqual(heard, [
      'alarm stops: unload',
      'one hears 1',
      'display stops: unload',
      'display starts',
      'display hears 1',
      'alarm starts',
      'alarm hears 1',
    ]);
    for (const name of ['alarm', 'display', 'meter']) await kernel.unload(name);
    journal.length = 0;
  }
});

test('tunables that were set stay set, also those of dependents, before anybody hears of the new version', async () => {
  const { kernel } = world();
  const tuned = (name: string, depends: string[]): ModuleClass =>
    defineModule({
      name,
      depends,
      start: ({ scope }) =>
        void scope.child('part').sysctl.int(`dev.${name}.limit`, { description: '', value: 10 }),
    });
  await kernel.load(tuned('meter', []));
  await kernel.load(tuned('display', ['meter']));
  for (const name of ['meter', 'display']) kernel.sysctl.set(`dev.${name}.limit`, '30');
  const seen: unknown[] = [];
  kernel.eventhandler.register('kld_load', ({ name }) =>
    seen.push([name, kernel.sysctl.get(`dev.${name}.limit`)?.value]),
  );
  await kernel.reload(tuned('meter', []));
  assert.deepEqual(seen, [
    ['meter', 30],
    ['display', 30],
  ]);
});

test('a reload ends when the old version has stopped, which may take as long as any step', async () => {
  const { kernel, clock, journal, log } = world();
  await kernel.load(
    noting(journal, 'meter', 'one', {
      stop: () => new Promise((resolve) => clock.callout('', resolve).reset(900)),
    }),
  );
  let isOver = false;
  const reloading = kernel.reload(noting(journal, 'meter', 'two')).then(() => (isOver = true));
  await turn();
  await turn();
  await clock.advance(899);
  assert.equal(isOver, false);
  await clock.advance(1);
  await reloading;
  assert.deepEqual(log, []);
});

for (const [what, stop, said] of [
  ['fails', () => Promise.reject(new Error('no')), 'reload of meter: meter: its stop failed: no'],
  ['hangs', () => new Promise(() => {}), 'reload of meter: meter left behind its stop'],
] as const)
  test(`an old version whose stop ${what} keeps the new one from nothing, and the log says so`, async () => {
    const { kernel, clock, journal, log } = world();
    await kernel.load(noting(journal, 'meter', 'one', { stop }));
    const two = noting(journal, 'meter', 'two');
    const reloading = kernel.reload(two, { timeout: 5_000 });
    await turn();
    await turn();
    await clock.advance(5_000);
    await reloading;
    assert.deepEqual(log, [said]);
    assert.equal(kernel.get(two).constructor, two);
  });

test('a reload may bring settings; else those of before stay, in dependents too', async () => {
  const { kernel } = world();
  const meter = (): ModuleClass => defineModule({ name: 'meter', settings: any });
  const display: ModuleClass = defineModule({ name: 'display', depends: ['meter'], settings: any });
  const given = (): unknown[] => kernel.inspect().modules.map(({ settings }) => settings);
  await kernel.load(meter(), { n: 1 });
  await kernel.load(display, { n: 7 });
  await kernel.reload(meter());
  assert.deepEqual(given(), [{ n: 1 }, { n: 7 }]);
  await kernel.reload(meter(), { settings: { n: 2 } });
  assert.deepEqual(given(), [{ n: 2 }, { n: 7 }]);
  await kernel.reload(meter());
  assert.deepEqual(given(), [{ n: 2 }, { n: 7 }]);
});

test('a version may come to inject what it did not depend on', async () => {
  const { kernel } = world();
  @Module({ name: 'base' })
  class Base {}
  @Module({ name: 'meter' })
  class One {}
  @Module({ name: 'meter', depends: [Base] })
  class Two {
    constructor(@inject(Base) readonly base: Base) {}
  }
  await kernel.load(One);
  await kernel.reload(Two);
  assert.equal(kernel.get(Two).base, kernel.get(Base));
});

test('a dependent keeps what else it depends on, and its own dependents follow it', async () => {
  const { kernel, journal } = world();
  const other = noting(journal, 'other', 'other');
  await kernel.load(noting(journal, 'meter', 'one'));
  await kernel.load(other);
  @Module({ name: 'display', depends: ['meter', other] })
  class Display {}
  @Module({ name: 'panel', depends: [Display] })
  class Panel {
    constructor(@inject(Display) readonly display: Display) {}
  }
  await kernel.load(Display);
  await kernel.load(Panel);
  const instance = kernel.get(other);
  await kernel.reload(noting(journal, 'meter', 'two'));
  assert.equal(kernel.get(other), instance);
  assert.equal(kernel.get(Panel).display, kernel.get(Display));
  assert.deepEqual(
    kernel.modules().map(({ name, refs, usedBy }) => [name, refs, usedBy]),
    [
      ['other', 2, ['display']],
      ['meter', 2, ['display']],
      ['display', 2, ['panel']],
      ['panel', 1, []],
    ],
  );
});

test('a module that was renewed is still known by its first class after it was started again', async () => {
  const { kernel, journal } = world();
  await kernel.load(noting(journal, 'meter', 'one'));
  const [first, second] = [0, 1].map(() => noting(journal, 'display', 'display', { depends: ['meter'] }));
  await kernel.load(first!);
  await kernel.reload(second!);
  await kernel.reload(noting(journal, 'meter', 'two'));
  assert.equal(kernel.has(first!), true);
  assert.equal(await kernel.load(first!), kernel.get(second!));
  const stranger = defineModule({ name: 'stranger' });
  assert.equal(kernel.has(stranger, 'display'), false);
  assert.throws(() => kernel.get(stranger, 'display'), {
    code: 'ENOENT',
    message: 'display is loaded, but from another class',
  });
});

test('a reload waits for what is under way with the module, or with one that depends on it', async () => {
  const { kernel, journal } = world();
  const [loading, changing] = [gated(), gated()];
  const load = kernel.load(noting(journal, 'meter', 'one', { start: () => loading.gate }));
  const first = kernel.reload(noting(journal, 'meter', 'two'));
  await turn();
  loading.open();
  await Promise.all([load, first]);
  await kernel.load(defineModule({ name: 'display', depends: ['meter'], reconfigure: () => changing.gate }));
  const change = kernel.reconfigure('display').then(() => journal.push('in force'));
  const second = kernel.reload(noting(journal, 'meter', 'three'));
  await turn();
  changing.open();
  await Promise.all([change, second]);
  assert.deepEqual(journal, [
    'one starts',
    'two starts',
    'one stops: unload',
    'in force',
    'three starts',
    'two stops: unload',
  ]);
});

test('a version that is another module, or in a circle, is refused before anybody is asked', async () => {
  const { kernel, journal, watch } = world();
  await kernel.load(noting(journal, 'meter', 'one'));
  await kernel.load(noting(journal, 'display', 'display', { depends: ['meter'] }));
  await kernel.load(noting(journal, 'lamp', 'lamp'), undefined, { as: 'spare' });
  journal.length = 0;
  watch();
  await assert.rejects(kernel.reload(noting(journal, 'lamp', 'lamp'), { as: 'meter' }), {
    code: 'EMODULE',
    module: 'meter',
    message: 'meter is not reloaded: its file is the module lamp now; unload meter and load that',
  });
  const display = noting(journal, 'display', 'display', { depends: ['meter'] });
  await assert.rejects(kernel.reload(noting(journal, 'meter', 'two', { depends: [display] })), {
    code: 'ELOOP',
    module: 'meter',
    message: 'meter is not reloaded: it depends on display, which depends on it',
  });
  const self: ModuleClass = defineModule({ name: 'meter', depends: [() => through] });
  const through: ModuleClass = defineModule({ name: 'through', depends: [() => self] });
  await assert.rejects(kernel.reload(self), { code: 'ELOOP', message: /meter -> through -> meter/ });
  const strict = defineModule({
    name: 'meter',
    settings: { '~standard': { ...any['~standard'], validate: refuse } },
  });
  await assert.rejects(kernel.reload(strict), { code: 'ESETTINGS', message: 'meter: settings: never' });
  assert.deepEqual(journal, []);
});

test('a dependent may refuse; those that were asked are told, and nothing has changed', async () => {
  for (const busy of ['display', 'meter']) {
    const { kernel, journal, watch } = world();
    await kernel.load(noting(journal, 'meter', 'one'));
    await kernel.load(noting(journal, 'display', 'display', { depends: ['meter'] }));
    await kernel.load(noting(journal, 'panel', 'panel', { depends: ['display'] }));
    kernel.eventhandler.register('kld_unload_try', ({ name }, veto) => {
      if (name === busy) veto.veto('at work');
    });
    const told: string[] = [];
    kernel.eventhandler.register('kld_unload_abort', async ({ name }: LinkerFile) => {
      await turn();
      told.push(name);
    });
    journal.length = 0;
    watch();
    const whose = busy === 'meter' ? '' : `${busy}, which depends on it: `;
    await assert.rejects(kernel.reload(noting(journal, 'meter', 'two')), {
      code: 'EBUSY',
      module: busy,
      message: `meter is not reloaded: ${whose}at work`,
    });
    const asked = busy === 'meter' ? ['panel', 'display', 'meter'] : ['panel', 'display'];
    assert.deepEqual(
      journal.filter((line) => line.startsWith('?')),
      asked.map((name) => `?${name}`),
    );
    assert.deepEqual(told.toSorted(), asked.toSorted(), 'and the reload waits until they know');
    assert.deepEqual(states(kernel), ['meter loaded', 'display loaded', 'panel loaded']);
  }
});

test('an answer may take as long as any step', async () => {
  const { kernel, clock, journal } = world();
  const slow = defineModule({
    name: 'meter',
    quiesce: () =>
      new Promise<undefined>((resolve) => clock.callout('', () => resolve(undefined)).reset(9_999)),
  });
  await kernel.load(slow);
  const reloading = kernel.reload(noting(journal, 'meter', 'two'));
  await clock.advance(9_999);
  await reloading;
  assert.deepEqual(journal, ['two starts']);
});

test('a dependent that waits for its signal is no longer waited for when it goes down', async () => {
  const { kernel, journal } = world();
  await kernel.load(noting(journal, 'meter', 'one'));
  await kernel.load(
    defineModule({
      name: 'display',
      depends: ['meter'],
      on: {
        order_test: ({ scope }) =>
          new Promise<void>((resolve) => scope.signal.addEventListener('abort', () => resolve())),
      },
    }),
  );
  kernel.eventhandler.invoke('order_test', 1);
  await kernel.reload(noting(journal, 'meter', 'two'));
  await kernel.unload('display');
});

test('nothing keeps the instance of an old version, nor that of a dependent', async () => {
  for (const reload of [{}, { reload: 'after' }] as const) {
    const { kernel, journal } = world();
    const gone: WeakRef<object>[] = [];
    const keep = (cls: ModuleClass): void => void gone.push(new WeakRef(kernel.get(cls)));
    const [one, display] = [
      noting(journal, 'meter', 'one', reload),
      noting(journal, 'display', 'display', { depends: ['meter'] }),
    ];
    await kernel.load(one);
    await kernel.load(display);
    keep(one);
    keep(display);
    await kernel.reload(noting(journal, 'meter', 'two'));
    await turn();
    collectGarbage();
    assert.deepEqual(
      gone.map((each) => each.deref()),
      [undefined, undefined],
    );
    await kernel.shutdown();
  }
});

test('an optional dependency that is being loaded is waited for', async () => {
  const { kernel } = world();
  const { open, gate } = gated();
  const slow = defineModule({ name: 'slow', state: () => 7, start: () => gate });
  const user = defineModule({
    name: 'user',
    inject: { slow: optional(slow) },
    state: ({ slow }) => slow?.state,
  });
  const byName = defineModule({ name: 'by-name', depends: ['slow'] });
  const loads = [kernel.load(slow), kernel.load(user), kernel.load(byName)];
  await turn();
  open();
  await Promise.all(loads);
  assert.equal(kernel.get(user).state, 7);
});

/** Takes any settings. */
const any = {
  '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
} as const;
const refuse = (): { issues: { message: string }[] } => ({ issues: [{ message: 'never' }] });
