/** A reload that fails when the new version has been at work, and one that cannot be taken back whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import {
  defineModule,
  inject,
  type Json,
  Kernel,
  Module,
  type ModuleClass,
  type ModuleEnd,
  SETTINGS,
  VirtualClock,
} from '../../../core/index.js';
import { gated, turn } from '../../support/gate.js';

declare module '../../../core/index.js' {
  interface EventHandlers {
    take_back_test(n: number): void;
    take_back_async(n: number): void;
  }
}

function world() {
  const clock = new VirtualClock();
  const log: string[] = [];
  const errors: string[] = [];
  const kernel = new Kernel({
    clock,
    log: ({ message }) => log.push(message),
    onError: ({ message }) => errors.push(message),
  });
  const journal: string[] = [];
  const events: string[] = [];
  kernel.eventhandler.register('kld_load', ({ name }) => events.push(`+${name}`));
  kernel.eventhandler.register('kld_unload', (name) => events.push(`-${name}`));
  return { clock, kernel, journal, log, errors, events };
}

/** All that can be seen of a kernel, but for times and counts of calls. */
function seen(kernel: Kernel): unknown {
  const { modules, lists, sysctls } = kernel.inspect();
  return {
    modules: modules.map(({ name, refs, state, usedBy, holds }) => ({ name, refs, state, usedBy, holds })),
    handlers: lists.flatMap(({ name, entries }) => entries.map(({ handler }) => `${name} ${handler}`)),
    sysctls: sysctls
      .filter(({ name }) => name.startsWith('dev.'))
      .map(({ name, value, description }) => [name, value, description]),
    verbs: kernel.verbs.list().map(({ name, summary }) => [name, summary]),
  };
}

interface Made {
  readonly depends?: readonly (string | ModuleClass)[];
  readonly reload?: 'after';
  /** Called in its start, with how often it has been started. */
  readonly start?: (count: number) => unknown;
  readonly stop?: () => unknown;
  readonly takeover?: (state: Json) => void;
  readonly handover?: false | (() => Json | Promise<Json>);
}

/** A module that hears numbers, hands over what it has heard, and has a sysctl and a verb. */
function hearing(journal: string[], name: string, label: string, made: Made = {}): ModuleClass {
  const { start, stop, takeover, handover, ...rest } = made;
  let count = 0;
  return defineModule<Record<never, never>, undefined, { heard: Json[] }>({
    name,
    ...rest,
    state: () => ({ heard: [] }),
    async start({ scope }) {
      scope.sysctl.int(`dev.${name}`, { description: label, value: 10 });
      scope.verb({ name, summary: label, access: 'read', run: () => label });
      await start?.(++count);
      journal.push(`${label} starts`);
    },
    on: {
      take_back_test: ({ state }, n) => {
        state.heard.push(n);
        journal.push(`${label} hears ${JSON.stringify(state.heard)}`);
      },
    },
    takeover({ state }, heard) {
      takeover?.(heard);
      state.heard = heard as Json[];
    },
    async stop(_context, end) {
      await turn();
      journal.push(`${label} stops: ${end}`);
      await stop?.();
    },
    ...(handover !== false && {
      handover: ({ state }: { state: { heard: Json[] } }) => {
        journal.push(`${label} hands over`);
        return handover === undefined ? state.heard : handover();
      },
    }),
  });
}

/** Fails when it is started for the second time. */
const fragile = (count: number): void => {
  if (count === 2) throw new Error('not on this one');
};

test('when a dependent fails on the new version, all go back in order, and everything is as it was', async () => {
  const { kernel, journal, events } = world();
  const one = hearing(journal, 'meter', 'one');
  await kernel.load(hearing(journal, 'other', 'other'));
  await kernel.load(one);
  await kernel.load(hearing(journal, 'a', 'a', { depends: ['meter', 'other'] }));
  await kernel.load(hearing(journal, 'b', 'b', { depends: ['a'] }));
  await kernel.load(hearing(journal, 'c', 'c', { depends: ['meter'], start: fragile }));
  kernel.sysctl.set('dev.meter', '30');
  kernel.sysctl.set('dev.a', '40');
  const before = seen(kernel);
  const instance = kernel.get(one);
  journal.length = 0;
  events.length = 0;
  await assert.rejects(kernel.reload(hearing(journal, 'meter', 'two')), {
    code: 'ESTART',
    module: 'c',
    message: 'c: its start failed: not on this one',
  });
  assert.deepEqual(seen(kernel), before);
  assert.equal(kernel.get(one), instance);
  assert.deepEqual(
    journal.filter((line) => !line.endsWith('hands over')),
    [
      'two starts',
      'c stops: replace',
      'b stops: replace',
      'a stops: replace',
      'a starts',
      'b starts',
      'b stops: replace',
      'a stops: replace',
      'two stops: replace',
      'a starts',
      'b starts',
      'c starts',
    ],
  );
  assert.ok(!journal.includes('two hands over'), 'the old one was never stopped, and needs nothing');
  assert.deepEqual(events, [
    '-c',
    '-b',
    '-a',
    '-meter',
    '+meter',
    '+a',
    '+b',
    '-b',
    '-a',
    '-meter',
    '+meter',
    '+a',
    '+b',
    '+c',
  ]);
  for (const name of ['c', 'b', 'a', 'other', 'meter']) await kernel.unload(name);
  assert.deepEqual(kernel.modules(), []);
});

test('a reload that fails before the new version is at work is no event', async () => {
  const { kernel, journal, events } = world();
  await kernel.load(hearing(journal, 'meter', 'one'));
  events.length = 0;
  await assert.rejects(
    kernel.reload(hearing(journal, 'meter', 'two', { start: () => Promise.reject(new Error('no')) })),
  );
  assert.deepEqual(events, []);
});

test('the old version gets the calls that the new one has had; what fails then is in the log', async () => {
  const { kernel, journal, log } = world();
  let isBack = false;
  const noting = (label: string, start: () => void | Promise<void> = () => {}): ModuleClass =>
    defineModule({
      name: 'notes',
      start,
      handover: () => null,
      takeover: () => {},
      on: {
        take_back_test: (_context, n) => {
          journal.push(`${label} hears ${n}`);
          if (isBack) throw new Error(`not ${n}`);
        },
        take_back_async: async (_context, n) => {
          await turn();
          if (isBack) throw new Error(`not ${n}, late`);
        },
      },
    });
  const say = (n: number): void => {
    kernel.eventhandler.invoke('take_back_test', n);
    kernel.eventhandler.invoke('take_back_async', n);
  };
  const { open, gate } = gated();
  await kernel.load(noting('one'));
  let starts = 0;
  const reader = defineModule({
    name: 'reader',
    depends: ['notes'],
    async start() {
      if (++starts !== 2) return;
      await turn();
      say(2);
      await turn();
      isBack = true;
      throw new Error('not on this one');
    },
  });
  await kernel.load(reader);
  const reloading = assert.rejects(kernel.reload(noting('two', () => gate)), /not on this one/);
  await turn();
  say(1);
  open();
  await reloading;
  await turn();
  await turn();
  assert.deepEqual(journal, ['two hears 1', 'two hears 2', 'one hears 1', 'one hears 2']);
  const failed = (event: string, error: string): string =>
    `${event}: handler notes.${event} failed after a reload was taken back: ${error}`;
  assert.deepEqual(log.toSorted(), [
    failed('take_back_async', 'not 1, late'),
    failed('take_back_async', 'not 2, late'),
    failed('take_back_test', 'not 1'),
    failed('take_back_test', 'not 2'),
  ]);
});

test('calls wait for a dependent each time it is down', async () => {
  const { kernel, journal } = world();
  const say = (n: number): void => kernel.eventhandler.invoke('take_back_test', n);
  await kernel.load(hearing(journal, 'meter', 'one'));
  await kernel.load(hearing(journal, 'a', 'a', { depends: ['meter'] }));
  await kernel.load(hearing(journal, 'b', 'b', { depends: ['meter'], start: fragile }));
  await assert.rejects(kernel.reload(hearing(journal, 'meter', 'two', { stop: () => say(7) })));
  assert.deepEqual(
    journal.filter((line) => line.includes('hears')),
    ['one hears [7]', 'a hears [7]', 'b hears [7]'],
  );
});

test('a dependent that cannot say its state on the new version goes on from that of before', async () => {
  const { kernel, journal } = world();
  let asked = 0;
  const taken: string[] = [];
  await kernel.load(hearing(journal, 'meter', 'one'));
  await kernel.load(
    hearing(journal, 'a', 'a', {
      depends: ['meter'],
      handover: () => (++asked === 1 ? [1] : Promise.reject(new Error('not now'))),
      takeover: (state) => void taken.push(JSON.stringify(state)),
    }),
  );
  await kernel.load(hearing(journal, 'b', 'b', { depends: ['meter'], start: fragile }));
  journal.length = 0;
  await assert.rejects(kernel.reload(hearing(journal, 'meter', 'two')), {
    message: 'b: its start failed: not on this one',
  });
  assert.deepEqual(taken, ['[1]', '[1]']);
  assert.equal(journal.filter((line) => line === 'a stops: replace').length, 2);
  assert.deepEqual(
    kernel.modules().map(({ name }) => name),
    ['meter', 'a', 'b'],
  );
});

test('one that was stopped first is built again, with its dependencies, names, tunables and waiting calls', async () => {
  const { kernel, journal, errors } = world();
  const after = { reload: 'after', depends: ['base'] } as const;
  const one = hearing(journal, 'meter', 'one', after);
  await kernel.load(hearing(journal, 'base', 'base'));
  await kernel.load(one);
  await kernel.load(hearing(journal, 'display', 'display', { depends: ['meter'] }));
  kernel.sysctl.set('dev.meter', '30');
  const tunables: unknown[] = [];
  kernel.eventhandler.register('kld_load', () => tunables.push(kernel.sysctl.get('dev.meter')?.value));
  const before = seen(kernel);
  const { open, gate } = gated();
  const failing = async (): Promise<void> => {
    await gate;
    throw new Error('no');
  };
  const reloading = assert.rejects(
    kernel.reload(hearing(journal, 'meter', 'two', { ...after, start: failing })),
    /^KldError: meter: its start failed: no$/,
  );
  for (let i = 0; i < 10; i++) await turn();
  let isOver = false;
  const dispatch = kernel.eventhandler.invokeAsync('take_back_test', 5).then(() => (isOver = true));
  await turn();
  assert.equal(isOver, false);
  open();
  await reloading;
  await dispatch;
  assert.deepEqual(tunables, [30, 30]);
  assert.deepEqual((kernel.get(one) as { state: { heard: Json } }).state, { heard: [5] });
  assert.equal(journal.filter((line) => line.endsWith('hears [5]')).length, 3);
  assert.deepEqual(seen(kernel), before);
  for (const name of ['display', 'meter', 'base']) await kernel.unload(name);
  assert.deepEqual(errors, []);
});

test('it goes on with the newest state, or the one of before where it cannot read that', async () => {
  for (const [canRead, expected] of [
    [true, ['one takes 1', 'one takes [1,2]']],
    [false, ['one takes 1', 'one takes [1,2]', 'one takes 1']],
  ] as const) {
    const { kernel, journal } = world();
    const taken: string[] = [];
    let isFirst = true;
    await kernel.load(
      hearing(journal, 'meter', 'one', {
        reload: 'after',
        handover: () => 1,
        takeover: (state) => {
          taken.push(`one takes ${JSON.stringify(state)}`);
          if (Array.isArray(state) && !canRead) throw new Error('what is that');
        },
      }),
    );
    const two = hearing(journal, 'meter', 'two', {
      takeover: (state) => {
        if (isFirst) taken.push(`one takes ${JSON.stringify(state)}`);
        isFirst = false;
      },
      handover: async () => {
        for (let i = 0; i < 5; i++) await turn();
        journal.push('two has answered');
        return [1, 2];
      },
    });
    await kernel.load(hearing(journal, 'display', 'display', { depends: ['meter'], start: fragile }));
    await assert.rejects(kernel.reload(two), /not on this one/);
    assert.deepEqual(taken, expected);
    assert.ok(journal.indexOf('two has answered') < journal.indexOf('two stops: replace'));
    assert.deepEqual(
      kernel.modules().map(({ name }) => name),
      ['meter', 'display'],
    );
  }
});

test('a version that is taken back hears nothing any more', async () => {
  const { kernel, journal } = world();
  await kernel.load(hearing(journal, 'meter', 'one', { reload: 'after' }));
  await kernel.load(hearing(journal, 'display', 'display', { depends: ['meter'], start: fragile }));
  const two = hearing(journal, 'meter', 'two', {
    handover: async () => {
      await turn();
      kernel.eventhandler.invoke('take_back_test', 9);
      return [];
    },
  });
  await assert.rejects(kernel.reload(two), /not on this one/);
  assert.deepEqual(
    journal.filter((line) => line.includes('hears')),
    ['one hears [9]', 'display hears [9]'],
  );
});

test('a version without a state is built again without one', async () => {
  const { kernel, journal } = world();
  const taken: Json[] = [];
  await kernel.load(
    hearing(journal, 'meter', 'one', {
      reload: 'after',
      handover: false,
      takeover: (state) => void taken.push(state),
    }),
  );
  await kernel.load(hearing(journal, 'display', 'display', { depends: ['meter'], start: fragile }));
  await assert.rejects(kernel.reload(hearing(journal, 'meter', 'two')), /not on this one/);
  assert.deepEqual(taken, []);
  assert.ok(!journal.includes('two hands over'));
});

test('what cannot be put back is named, gone for good, and keeps nothing', async () => {
  const { kernel, journal } = world();
  await kernel.load(hearing(journal, 'base', 'base'));
  const own = hearing(journal, 'own', 'own');
  const once = {
    reload: 'after',
    start: (count: number) => count === 2 && Promise.reject(new Error('once only')),
  } as const;
  await kernel.load(hearing(journal, 'meter', 'one', { ...once, depends: ['base', own] }));
  await kernel.load(hearing(journal, 'display', 'display', { depends: ['meter', 'base'] }));
  const { open, gate } = gated();
  const two = hearing(journal, 'meter', 'two', {
    start: () => gate.then(() => Promise.reject(new Error('no'))),
  });
  const reloading = assert.rejects(kernel.reload(two), {
    code: 'ESTART',
    module: 'meter',
    message: 'meter: its start failed: no (not put back: meter: its start failed: once only)',
  });
  for (let i = 0; i < 10; i++) await turn();
  journal.length = 0;
  const dispatch = kernel.eventhandler.invokeAsync('take_back_test', 5);
  open();
  await reloading;
  await dispatch;
  assert.deepEqual(journal.toSorted(), ['base hears [5]', 'own hears [5]', 'own stops: unload']);
  assert.deepEqual(
    kernel.modules().map(({ name, refs }) => [name, refs]),
    [['base', 1]],
  );
  await kernel.unload('base');
});

for (const [forced, reload] of [
  ['meter', undefined],
  ['meter', 'after'],
  ['display', undefined],
] as const)
  test(`${forced} that is unloaded by force during a reload (${reload}) stays gone, and its calls are nobody’s`, async () => {
    const { kernel, journal, events } = world();
    const [building, asked] = [gated(), gated()];
    const two = hearing(journal, 'meter', 'two', { start: () => building.gate });
    const one = hearing(journal, 'meter', 'one', {
      ...(reload && { reload }),
      handover: () => (reload === 'after' ? asked.gate.then(() => null) : null),
    });
    await kernel.load(one);
    if (forced === 'display')
      await kernel.load(hearing(journal, 'display', 'display', { depends: ['meter'] }));
    const reloading = assert.rejects(kernel.reload(two), {
      code: 'ENOENT',
      module: 'meter',
      message: `meter is not reloaded: ${forced} has been unloaded by force`,
    });
    await turn();
    events.length = 0;
    const dispatch = kernel.eventhandler.invokeAsync('take_back_test', 5);
    const forcing = kernel.unload(forced, { force: true });
    asked.open();
    building.open();
    await Promise.all([forcing, reloading, dispatch]);
    const rest = forced === 'meter' ? [] : ['meter'];
    assert.deepEqual(events, [`-${forced}`]);
    assert.deepEqual(
      kernel.modules().map(({ name }) => name),
      rest,
    );
    assert.equal(journal.includes('one hears [5]'), forced === 'display');
    assert.equal(
      journal.filter((line) => line.startsWith(`${forced === 'meter' ? 'one' : forced} stops`)).length,
      1,
    );
    for (const name of rest) await kernel.unload(name);
    const left = kernel.eventhandler.lists().find(({ name }) => name === 'take_back_test');
    assert.deepEqual(left?.entries ?? [], []);
  });

test('a module that is unloaded by force while the old version stops does not come back either', async () => {
  const { clock, kernel, journal, events } = world();
  const { open, gate } = gated();
  await kernel.load(hearing(journal, 'meter', 'one', { reload: 'after', stop: () => gate }));
  const reloading = assert.rejects(kernel.reload(hearing(journal, 'meter', 'two')), {
    code: 'ENOENT',
    message: 'meter is not reloaded: meter has been unloaded by force',
  });
  for (let i = 0; i < 5; i++) await turn();
  events.length = 0;
  const forced = kernel.unload('meter', { force: true, timeout: 0 });
  for (let i = 0; i < 5; i++) await turn();
  await clock.advance(1000);
  await forced;
  const three = hearing(journal, 'meter', 'three');
  await kernel.load(three);
  open();
  await reloading;
  assert.deepEqual(events, ['-meter', '+meter']);
  assert.equal(kernel.get(three).constructor, three);
  await kernel.unload('meter');
  const left = kernel.eventhandler.lists().find(({ name }) => name === 'take_back_test');
  assert.deepEqual(left?.entries ?? [], []);
});

test('a dependent that comes up on neither version is gone, the others are back', async () => {
  const { kernel, journal } = world();
  const own = hearing(journal, 'own', 'own');
  const onceOnly = (count: number): unknown => count > 1 && Promise.reject(new Error(`no start ${count}`));
  await kernel.load(hearing(journal, 'meter', 'one'));
  await kernel.load(hearing(journal, 'a', 'a', { depends: ['meter', own], start: onceOnly }));
  await kernel.load(hearing(journal, 'b', 'b', { depends: ['meter'] }));
  await assert.rejects(kernel.reload(hearing(journal, 'meter', 'two')), {
    code: 'ESTART',
    module: 'a',
    message: 'a: its start failed: no start 2 (not put back: a: its start failed: no start 3)',
  });
  assert.deepEqual(
    kernel.modules().map(({ name, refs }) => [name, refs]),
    [
      ['meter', 2],
      ['b', 1],
    ],
  );
  journal.length = 0;
  await kernel.eventhandler.invokeAsync('take_back_test', 5);
  assert.deepEqual(journal.toSorted(), ['b hears [5]', 'one hears [5]']);
  await kernel.unload('b');
  await kernel.unload('meter');
});

test('what was loaded only for a dependent that is gone goes too, however often it was built', async () => {
  const onceOnly = (count: number): unknown => count > 1 && Promise.reject(new Error(`no start ${count}`));
  for (const [made, expected] of [
    [{}, ['one stops: unload']],
    [{ reload: 'after' }, ['one stops: replace', 'one stops: unload']],
    [{ reload: 'after', start: onceOnly }, ['one stops: replace']],
  ] as const) {
    const { kernel, journal } = world();
    const one = hearing(journal, 'meter', 'one', made);
    await kernel.load(hearing(journal, 'a', 'a', { depends: [one], start: onceOnly }));
    await assert.rejects(
      kernel.reload(hearing(journal, 'meter', 'two')),
      /not put back: (a|meter): its start failed/,
    );
    assert.deepEqual(kernel.modules(), []);
    assert.deepEqual(
      journal.filter((line) => line.startsWith('one stops')),
      expected,
    );
    assert.equal(journal.filter((line) => line.startsWith('two stops')).length, 1);
  }
});

for (const [how, failure] of [
  ['takes what they brought back first', undefined],
  ['goes on where they cannot be taken back, and says so', new Error('not that')],
] as const) {
  test(`a reload with new settings that fails ${how}`, async () => {
    const { kernel, journal, log } = world();
    class Meter {
      constructor(@inject(SETTINGS) private readonly given: unknown) {}
      async reconfigure(settings: unknown): Promise<void> {
        await turn();
        journal.push(`${JSON.stringify(this.given)} -> ${JSON.stringify(settings)}`);
        if (failure !== undefined) throw failure;
      }
      handover = (): Json => 0;
      takeover(): void {}
      stop(end: ModuleEnd): void {
        journal.push(`${JSON.stringify(this.given)} stops: ${end}`);
      }
    }
    Module({ name: 'meter', settings: v.any() })(Meter);
    await kernel.load(Meter, { unit: 'W' });
    await kernel.load(hearing([], 'pager', 'pager', { depends: ['meter'], start: fragile }));
    await assert.rejects(kernel.reload(Meter, { settings: { unit: 'kW' } }), /not on this one/);
    assert.deepEqual(journal, ['{"unit":"kW"} -> {"unit":"W"}', '{"unit":"kW"} stops: replace']);
    assert.deepEqual(kernel.settings(Meter), { unit: 'W' });
    assert.deepEqual(log, failure === undefined ? [] : ['reload of meter: not that']);
  });
}

for (const [what, { given = 'kW', starts = true, hasState = true, reconfigures = true }] of [
  ['that are the same', { given: 'W' }],
  ['of a version that never started', { starts: false }],
  ['of a version without a state, which brought nothing back', { hasState: false }],
  ['of a version that takes none while it runs', { reconfigures: false }],
] as const)
  test(`a reload that fails takes no settings back ${what}`, async () => {
    const { kernel, journal, log } = world();
    class Meter {
      constructor(@inject(SETTINGS) private readonly unit: unknown) {}
      start(): void {
        if (!starts && this.unit !== 'W') throw new Error('not in this one');
      }
      handover = hasState ? (): Json => 0 : undefined;
      takeover(): void {}
      reconfigure = reconfigures ? (unit: unknown) => journal.push(`-> ${String(unit)}`) : undefined;
    }
    Module({ name: 'meter', settings: v.any() })(Meter as ModuleClass);
    await kernel.load(Meter as ModuleClass, 'W');
    await kernel.load(hearing([], 'pager', 'pager', { depends: ['meter'], start: fragile }));
    await assert.rejects(kernel.reload(Meter, { settings: given }), { code: 'ESTART' });
    assert.deepEqual([journal, log], [[], []]);
  });
