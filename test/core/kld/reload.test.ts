/** A module that is replaced by a newer version while it runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import {
  defineModule,
  EventHandler,
  inject,
  type Json,
  Kernel,
  type KldError,
  Module,
  type ModuleClass,
  type ModuleDefinition,
  type ModuleEnd,
  type ResultList,
  Scope,
  SETTINGS,
  VirtualClock,
} from '../../../core/index.js';

declare module '../../../core/index.js' {
  interface EventHandlers {
    reload_test(n: number): void;
    reload_question(): string;
  }
}

/** What the versions of the meter do, and what has become of them. */
class World {
  readonly clock = new VirtualClock();
  readonly kernel = new Kernel({ clock: this.clock });
  readonly journal: string[] = [];

  /** A version of the meter: it adds up, and hands the sum over. */
  meter(
    version: number,
    { fault = '', ...more }: { fault?: string } & Partial<ModuleDefinition> = {},
  ): ModuleClass {
    const { journal } = this;
    const settings = v.strictObject({
      limit: v.optional(v.number(), 10),
      ...(fault === 'settings' && { must: v.string() }),
    });
    const definition = { name: 'meter', settings, ...more };
    class Meter {
      sum = 0;
      readonly seen: number[] = [];
      constructor(
        readonly scope: Scope,
        readonly settings: { limit: number },
      ) {
        if (fault === 'constructor') throw new Error('no constructor');
      }
      handover(): Json {
        if (fault === 'handover') throw new Error('no handover');
        return { sum: this.sum };
      }
      takeover(state: Json): void {
        if (fault === 'takeover') throw new Error('no takeover');
        this.sum = (state as { sum: number }).sum;
      }
      async start(): Promise<void> {
        this.scope.sysctl.int('dev.meter.limit', { description: 'a limit', value: this.settings.limit });
        this.scope.verb({ name: 'meter', summary: 'the version', access: 'read', run: () => version });
        this.scope.register('reload_test', function second() {
          journal.push(`second ${version}`);
        });
        if (fault === 'start throws') throw new Error('no start');
        if (fault === 'start rejects') return Promise.reject(new Error('no start'));
        if (fault === 'start hangs') return new Promise(() => {});
        await turn();
        journal.push(`start ${version}`);
      }
      onCount(n: number): void {
        this.sum += n;
        this.seen.push(n);
      }
      quiesce(): string | undefined {
        return fault === 'veto' ? 'somebody looks' : undefined;
      }
      stop(end: ModuleEnd): void {
        journal.push(`stop ${version} ${end}`);
      }
    }
    inject(Scope)(Meter, undefined, 0);
    inject(SETTINGS)(Meter, undefined, 1);
    EventHandler('reload_test')(
      Meter.prototype,
      'onCount',
      Object.getOwnPropertyDescriptor(Meter.prototype, 'onCount')!,
    );
    Module(definition)(Meter);
    return Meter;
  }

  /** A module on the meter, with a sum of its own. */
  display(name: string, meter: ModuleClass, onStart: () => void = () => {}): ModuleClass {
    const { journal } = this;
    class Display {
      sum = 0;
      constructor(readonly meter: { sum: number }) {}
      start(): void {
        onStart();
        journal.push(`${name} on ${this.meter.sum}`);
      }
      handover(): Json {
        return this.sum;
      }
      takeover(state: Json): void {
        this.sum = state as number;
      }
      onCount(n: number): void {
        this.sum += n;
      }
      stop(): void {
        journal.push(`${name} down`);
      }
    }
    inject(meter)(Display, undefined, 0);
    EventHandler('reload_test')(
      Display.prototype,
      'onCount',
      Object.getOwnPropertyDescriptor(Display.prototype, 'onCount')!,
    );
    Module({ name, depends: [meter] })(Display);
    return Display;
  }

  /** What the one that is loaded by that class has counted. */
  sumOf(cls: ModuleClass): number {
    return (this.kernel.get(cls) as { sum: number }).sum;
  }

  count(n: number): void {
    this.kernel.eventhandler.invoke('reload_test', n);
  }
}

function signalled(): { now: () => void; done: Promise<void> } {
  let now = (): void => {};
  const done = new Promise<void>((resolve) => {
    now = resolve;
  });
  return { now, done };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** All that can be seen of a kernel, but for times and counts of calls. */
function seen(kernel: Kernel): unknown {
  const { modules, lists, callouts, sysctls } = kernel.inspect();
  return {
    modules: modules.map(({ since: _since, loadMs: _loadMs, ...rest }) => rest),
    lists: lists
      .filter(({ entries }) => entries.length > 0)
      .map(({ name, entries }) => ({ name, entries: entries.map(({ calls: _calls, ...rest }) => rest) })),
    callouts,
    sysctls,
    verbs: kernel.verbs.list().map(({ name }) => name),
  };
}

test('a new version takes over state, settings, names and dependents, in order', async () => {
  const world = new World();
  const { kernel, journal } = world;
  const first = world.meter(1);
  await kernel.load(first, { limit: 20 });
  await kernel.load(world.display('display', first));
  await kernel.load(world.display('alarm', first));
  world.count(3);
  kernel.sysctl.set('dev.meter.limit', '30');
  journal.length = 0;
  const second = world.meter(2);
  const done = await kernel.reload(second);
  assert.deepEqual(done, { name: 'meter', changed: true, restarted: ['display', 'alarm'] });
  assert.deepEqual(journal, [
    'start 2',
    'alarm down',
    'display down',
    'display on 3',
    'alarm on 3',
    'stop 1 replace',
  ]);
  world.count(4);
  assert.equal(world.sumOf(second), 7);
  assert.equal(kernel.get(first), kernel.get(second), 'the class of before stands for the module');
  assert.equal((kernel.get(second) as { settings: { limit: number } }).settings.limit, 20);
  assert.equal(kernel.sysctl.get('dev.meter.limit')?.value, 30, 'a tunable that was set stays set');
  assert.equal(
    await kernel.verbs.invoke('meter', undefined, { caller: {}, signal: new AbortController().signal }),
    2,
  );
  assert.deepEqual(
    kernel.modules().map(({ name, refs }) => [name, refs]),
    [
      ['meter', 3],
      ['display', 1],
      ['alarm', 1],
    ],
  );
  await kernel.unload('alarm');
  await kernel.unload('display');
  await kernel.unload('meter');
  assert.equal(kernel.sysctl.get('dev.meter.limit'), undefined);
  assert.deepEqual(kernel.verbs.list(), []);
  assert.deepEqual(
    kernel.eventhandler.lists().flatMap(({ entries }) => entries),
    [],
  );
});

/** How a new version can fail, with what the error says. Faults of the old one are of the first version. */
const FAILURES: readonly [fault: string, code: string, text: RegExp, of?: 'old'][] = [
  ['settings', 'ESETTINGS', /^meter: settings\.must: /],
  ['constructor', 'ESTART', /^meter: its constructor failed: no constructor/],
  ['start throws', 'ESTART', /^meter: its start failed: no start/],
  ['start rejects', 'ESTART', /^meter: its start failed: no start/],
  ['start hangs', 'ETIMEDOUT', /^meter is not reloaded: the start of meter takes longer than 5000 ms/],
  ['takeover', 'EHANDOVER', /^meter: its takeover failed: no takeover/],
  ['handover', 'EHANDOVER', /^meter: its handover failed: no handover/, 'old'],
  ['veto', 'EBUSY', /^meter is not reloaded: somebody looks/, 'old'],
];

for (const [fault, code, text, of] of FAILURES) {
  test(`${fault}: the old version goes on as if nothing had happened`, async () => {
    const world = new World();
    const { kernel, journal, clock } = world;
    const first = world.meter(1, of === 'old' ? { fault } : {});
    const display = world.display('display', first);
    await kernel.load(first, { limit: 20 });
    await kernel.load(display);
    world.count(1);
    const [meter, shown] = [kernel.get(first), kernel.get(display)];
    const before = seen(kernel);
    journal.length = 0;
    const reloading = kernel.reload(world.meter(2, of === 'old' ? {} : { fault }), { timeout: 5000 });
    reloading.catch(() => {});
    await turn();
    world.count(2);
    await clock.advance(6000);
    await assert.rejects(reloading, (error: KldError) => error.code === code && text.test(error.message));
    world.count(4);
    await turn();
    assert.equal(kernel.get(first), meter);
    assert.equal(kernel.get(display), shown, 'its dependents did not notice');
    assert.deepEqual(world.sumOf(first), 7);
    assert.deepEqual(world.sumOf(display), 7);
    assert.deepEqual((meter as { seen?: number[] }).seen, [1, 2, 4], 'in order, each once');
    assert.deepEqual(seen(kernel), before);
    assert.deepEqual(
      journal.filter((line) => !line.startsWith('second')),
      [],
    );
    if (of === undefined) await kernel.reload(world.meter(3));
    await kernel.shutdown();
    assert.equal(clock.armed, 0);
  });
}

test('a dependency that is missing leaves the old version at work, and nothing loaded for the new one', async () => {
  const world = new World();
  const { kernel } = world;
  await kernel.load(world.meter(1));

  @Module({ name: 'helper' })
  class Helper {}

  const before = seen(kernel);
  await assert.rejects(kernel.reload(world.meter(2, { depends: [Helper, 'nothing'] })), {
    code: 'EDEPEND',
    message: 'meter depends on nothing, which is not loaded',
  });
  assert.deepEqual(seen(kernel), before);
  await kernel.reload(world.meter(3, { depends: [Helper] }));
  assert.deepEqual(
    kernel.modules().map(({ name }) => name),
    ['helper', 'meter'],
  );
  await kernel.reload(world.meter(4));
  assert.deepEqual(
    kernel.modules().map(({ name }) => name),
    ['meter'],
    'what the new version does not need goes',
  );
});

test('a new version cannot depend on what depends on it', async () => {
  const world = new World();
  const first = world.meter(1);
  await world.kernel.load(first);
  const display = world.display('display', first);
  await world.kernel.load(display);
  await assert.rejects(world.kernel.reload(world.meter(2, { depends: ['display'] })), { code: 'ELOOP' });
  await assert.rejects(world.kernel.reload(world.meter(2, { depends: [display] })), { code: 'ELOOP' });
});

test('a dependent that does not come up takes the reload back, and nothing is lost', async () => {
  const world = new World();
  const { kernel, journal } = world;
  const first = world.meter(1);
  await kernel.load(first);
  let fault = (): void => {};
  const [one, two] = [world.display('one', first), world.display('two', first, () => fault())];
  await kernel.load(one);
  await kernel.load(two);
  const meter = kernel.get(first);
  world.count(1);
  journal.length = 0;
  fault = () => {
    fault = () => {};
    world.count(2);
    throw new Error('not on this one');
  };
  await assert.rejects(kernel.reload(world.meter(2)), {
    code: 'ESTART',
    message: 'two: its start failed: not on this one',
  });
  assert.deepEqual(
    journal.filter((line) => !line.startsWith('second')),
    ['start 2', 'two down', 'one down', 'one on 1', 'one down', 'stop 2 replace', 'one on 3', 'two on 3'],
  );
  assert.equal(kernel.get(first), meter, 'the old one was never stopped');
  world.count(4);
  await turn();
  for (const cls of [first, one, two]) assert.equal(world.sumOf(cls), 7);
});

test('one that holds what only one can have is stopped first, and built again when the new one fails', async () => {
  const world = new World();
  const { kernel, journal } = world;
  const first = world.meter(1, { reload: 'after' });
  const display = world.display('display', first);
  await kernel.load(first);
  await kernel.load(display);
  world.count(1);
  journal.length = 0;
  await assert.rejects(kernel.reload(world.meter(2, { fault: 'start throws' })), { code: 'ESTART' });
  assert.deepEqual(journal, ['display down', 'stop 1 replace', 'start 1', 'display on 1']);
  journal.length = 0;
  world.count(2);
  const third = world.meter(3);
  await kernel.reload(third);
  const lines = journal.filter((line) => !line.startsWith('second'));
  assert.deepEqual(lines, ['display down', 'stop 1 replace', 'start 3', 'display on 3']);
  assert.equal(world.sumOf(third), 3);
  assert.equal(world.sumOf(display), 3);
});

test('one that was stopped first is built again with what its successor has counted meanwhile', async () => {
  const world = new World();
  const { kernel } = world;
  const first = world.meter(1, { reload: 'after' });
  let fault = (): void => {};
  const display = world.display('display', first, () => fault());
  await kernel.load(first);
  await kernel.load(display);
  world.count(1);
  fault = () => {
    fault = () => {};
    world.count(2);
    throw new Error('not on this one');
  };
  await assert.rejects(kernel.reload(world.meter(2)), { code: 'ESTART' });
  await turn();
  assert.equal(world.sumOf(first), 3);
  assert.equal(world.sumOf(display), 3);
});

test('handlers that wait for the signal give up; those of a module with state are waited for', async () => {
  const { kernel, clock } = new World();
  const make = (state: boolean): ModuleClass => {
    @Module({ name: 'waiter' })
    class Waiter {
      readonly handover = state ? (): Json => ({}) : undefined;
      constructor(@inject(Scope) readonly scope: Scope) {}
      @EventHandler('reload_test')
      async onCount(): Promise<void> {
        const { signal } = this.scope;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      }
      takeover(): void {}
    }
    return Waiter;
  };
  await kernel.load(make(false));
  kernel.eventhandler.invoke('reload_test', 1);
  await kernel.reload(make(true));
  kernel.eventhandler.invoke('reload_test', 1);
  const reloading = assert.rejects(kernel.reload(make(true)), {
    code: 'ETIMEDOUT',
    message: 'waiter is not reloaded: a running handler of waiter takes longer than 10000 ms',
  });
  await clock.advance(10_000);
  await reloading;
  await kernel.shutdown();
});

test('what dispatches wait for during a reload, the new version does', async () => {
  const world = new World();
  const { kernel } = world;
  const [started, gate] = [signalled(), signalled()];
  await kernel.load(world.meter(1));
  const second = world.meter(2);
  const { start } = second.prototype as { start: (this: object) => Promise<void> };
  (second.prototype as { start(): Promise<void> }).start = async function (this: object) {
    started.now();
    await gate.done;
    await start.call(this);
  };
  const reloading = kernel.reload(second);
  await started.done;
  let done = false;
  const invoked = kernel.eventhandler.invokeAsync('reload_test', 5).then(() => {
    done = true;
  });
  await turn();
  assert.ok(!done, 'it waits');
  gate.now();
  await reloading;
  await invoked;
  assert.equal(world.sumOf(second), 5);
});

test('reloads of one module follow each other, and a shutdown ends one that hangs', async () => {
  const world = new World();
  const { kernel, clock } = world;
  await kernel.load(world.meter(1));
  const last = world.meter(3);
  await Promise.all([kernel.reload(world.meter(2)), kernel.reload(last)]);
  assert.equal(kernel.get(last).constructor, last);
  const hanging = kernel.reload(world.meter(4, { fault: 'start hangs' }), { timeout: 1_000_000 });
  hanging.catch(() => {});
  await turn();
  const down = kernel.shutdown();
  await clock.advance(1_000_000);
  await down;
  await assert.rejects(hanging);
  assert.deepEqual(kernel.modules(), []);
});

test('what was loaded by its class is reloaded by a class', async () => {
  const world = new World();
  await world.kernel.load(world.meter(1));
  await assert.rejects(world.kernel.reload('meter'), { code: 'EOPNOTSUPP' });
  await assert.rejects(world.kernel.reload('nothing'), { code: 'ENOENT' });
});

test('the result of a list is its module’s: a new version may have another, an unloaded module has none', async () => {
  await using kernel = new Kernel();
  const asking = (name: string, result: 'bail' | 'collect', fails = false): ModuleClass =>
    defineModule({
      name,
      reload: 'beside',
      state: ({ scope }) => scope.defineList('reload_question', { result }),
      start() {
        if (fails) throw new Error('no start');
      },
    });
  kernel.eventhandler.register('reload_question', () => 'yes');
  await kernel.load(asking('asker', 'bail'));
  await assert.rejects(kernel.load(asking('other', 'collect')), { code: 'EEXIST' });
  await kernel.load(asking('other', 'bail'));
  await assert.rejects(kernel.reload(asking('asker', 'collect')), { code: 'EEXIST' });
  await kernel.unload('other');

  await assert.rejects(kernel.reload(asking('asker', 'collect', true)), /no start/);
  await assert.rejects(kernel.load(asking('other', 'collect')), { code: 'EEXIST' }, 'the old one is at work');
  await kernel.reload(asking('asker', 'collect'));
  const asker = kernel.get(asking('asker', 'collect')) as unknown as { state: ResultList };
  assert.deepEqual(asker.state.invoke(), ['yes']);
  await assert.rejects(kernel.load(asking('other', 'bail')), { code: 'EEXIST' });
  await kernel.unload('asker');
  await kernel.load(asking('other', 'bail'));
});
