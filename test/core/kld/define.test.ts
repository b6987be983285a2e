/** A module without a class. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import * as v from 'valibot';
import {
  defineModule,
  EventHandler,
  Kernel,
  type KldError,
  Module,
  RANDOM,
  seededRandom,
} from '../../../core/index.js';

import { gated } from '../../support/gate.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    define_test(n: number): void;
  }
}

const meter = defineModule({
  name: 'meter',
  settings: v.strictObject({ limit: v.optional(v.number(), 10) }),
  state: () => ({ sum: 0 }),
  start({ scope, settings }) {
    scope.sysctl.int('dev.meter.limit', { description: 'a limit', value: settings.limit });
  },
  on: {
    define_test({ state }, n) {
      state.sum += n;
    },
  },
  reconfigure: () => {},
  handover: ({ state }) => state.sum,
  takeover({ state }, sum) {
    state.sum = sum as number;
  },
});

test('a defined module has settings, state, handlers and what it injects, and leaves nothing', async () => {
  await using kernel = new Kernel({ random: seededRandom(7) });
  const journal: string[] = [];
  const display = defineModule({
    name: 'display',
    inject: { meter, random: RANDOM, kernel: Kernel },
    start({ meter, random, kernel: mine }) {
      assert.equal(typeof random.below(9), 'number');
      assert.equal(mine, kernel);
      journal.push(`start at ${meter.state.sum}`);
    },
    on: {
      define_test: {
        priority: 20_000,
        handler: ({ meter }, n) => journal.push(`${n} of ${meter.state.sum}`),
      },
    },
    quiesce: () => (journal.length < 3 ? 'too early' : undefined),
    stop: (_context, end) => void journal.push(`stop: ${end}`),
  });
  const { state } = await kernel.load(meter, { limit: 20 });
  await kernel.load(display);
  assert.equal(kernel.sysctl.get('dev.meter.limit')?.value, 20);
  assert.deepEqual(
    kernel.modules().map(({ name, usedBy }) => `${name} [${usedBy.join()}]`),
    ['meter [display]', 'display []'],
  );
  kernel.eventhandler.invoke('define_test', 3);
  assert.equal(state.sum, 3);
  await assert.rejects(kernel.unload('display'), { code: 'EBUSY', message: /too early/ });
  kernel.eventhandler.invoke('define_test', 4);
  assert.deepEqual(
    kernel.eventhandler
      .lists()
      .find(({ name }) => name === 'define_test')
      ?.entries.map(({ handler }) => handler),
    ['meter.define_test', 'display.define_test'],
  );
  await kernel.unload(display);
  assert.deepEqual(journal, ['start at 0', '3 of 3', '4 of 7', 'stop: unload']);
  await kernel.unload('meter');
  assert.deepEqual(
    kernel.eventhandler.lists().flatMap(({ entries }) => entries),
    [],
  );
});

test('it is reloaded with its state, and takes settings while it runs', async () => {
  await using kernel = new Kernel();
  await kernel.load(meter);
  kernel.eventhandler.invoke('define_test', 3);
  const newer = defineModule({
    name: 'meter',
    settings: v.strictObject({ limit: v.optional(v.number(), 10) }),
    state: () => ({ sum: 0, limits: [] as number[] }),
    takeover({ state }, sum) {
      state.sum = sum as number;
    },
    reconfigure({ state, settings }, given) {
      state.limits.push(settings.limit, (given as { limit: number }).limit);
    },
    on: { define_test: ({ state }, n) => void (state.sum += 2 * n) },
  });
  await kernel.reload(newer);
  kernel.eventhandler.invoke('define_test', 3);
  const { state } = kernel.get(newer);
  assert.equal(state.sum, 9);
  await kernel.reconfigure('meter', { limit: 5 });
  await kernel.reconfigure('meter', { limit: 6 });
  assert.deepEqual(state.limits, [10, 5, 5, 6]);
});

test('its context has new settings when they are in force, and not if they are refused', async () => {
  await using kernel = new Kernel();
  const { open, gate } = gated();
  const seen: number[] = [];
  const dial = defineModule({
    name: 'dial',
    settings: v.object({ level: v.number() }),
    async reconfigure({ settings }, given) {
      await gate;
      seen.push(settings.level);
      if ((given as { level: number }).level > 9) throw new Error('too loud');
    },
    on: { define_test: ({ settings }) => void seen.push(settings.level) },
  });
  await kernel.load(dial, { level: 1 });
  const refused = assert.rejects(kernel.reconfigure('dial', { level: 10 }), /too loud/);
  open();
  await refused;
  await kernel.reconfigure('dial', { level: 2 });
  kernel.eventhandler.invoke('define_test', 0);
  assert.deepEqual(seen, [1, 1, 2]);
});

test('it depends on decorated classes, and they on it; errors name it', async () => {
  await using kernel = new Kernel();

  @Module({ name: 'base' })
  class Base {
    readonly text = 'base';
  }

  const middle = defineModule({ name: 'middle', inject: { base: Base }, state: ({ base }) => base.text });

  @Module({ name: 'top', depends: [middle] })
  class Top {}

  await kernel.load(Top);
  assert.equal(kernel.get(middle).state, 'base');
  assert.deepEqual(
    kernel.modules().map(({ name }) => name),
    ['base', 'middle', 'top'],
  );
  const broken = defineModule({
    name: 'broken',
    start: () => {
      throw new Error('no luck');
    },
  });
  await assert.rejects(kernel.load(broken), {
    code: 'ESTART',
    message: 'broken: its start failed: no luck',
  } satisfies Partial<KldError>);
  await assert.rejects(kernel.load(meter, { limit: 'x' } as never), { code: 'ESETTINGS' });
});

test('what a defined module offers are methods of its instance, typed, with the context', async () => {
  const ledger = defineModule({
    name: 'ledger',
    settings: v.object({ first: v.number() }),
    state: () => [] as string[],
    offers: {
      book: ({ state, settings }, entry: string) => settings.first + state.push(entry),
      async entries({ state }) {
        return state.join(' ');
      },
    },
  });
  const clerk = defineModule({
    name: 'clerk',
    inject: { ledger },
    state: ({ ledger }) => [ledger.book('a'), ledger.book('b')],
  });
  await using kernel = new Kernel();
  const { entries } = await kernel.load(ledger, { first: 10 }).then((each) => ({ entries: each.entries() }));
  assert.equal(await entries, '');
  assert.deepEqual((await kernel.load(clerk)).state, [11, 12]);
  assert.deepEqual(kernel.offers(ledger).methods, ['book', 'entries']);
  assert.equal(await kernel.offers('ledger').call('entries', []), 'a b');
});

test('what is offered must be functions, of other names than the members of every module', () => {
  for (const offers of [
    ['book'],
    { book: 1 },
    { start: () => {} },
    { takeover: () => {} },
    { state: () => {} },
  ])
    assert.throws(() => defineModule({ name: 'm', offers: offers as never }), {
      code: 'EINVAL',
      message: /^m cannot offer (0|book|start|takeover|state): offers: \{ book\(context, entry\) \{\} \}/,
    });
});

test('the serial handlers of a class do not overlap, and one that takes too long is given up', async () => {
  const journal: number[] = [];
  @Module({ name: 'slow' })
  class Slow {
    @EventHandler('define_test', { serial: true, timeout: 20 })
    async onTest(n: number): Promise<void> {
      journal.push(n);
      await new Promise((resolve) => setTimeout(resolve, n));
      journal.push(-n);
    }
  }
  const failures: string[] = [];
  await using kernel = new Kernel({ onError: ({ message }) => void failures.push(message) });
  await kernel.load(Slow);
  for (const n of [10, 5, 1_000]) kernel.eventhandler.invoke('define_test', n);
  await kernel.eventhandler.invokeAsync('define_test', 1);
  assert.deepEqual(journal.slice(0, 5), [10, -10, 5, -5, 1_000]);
  assert.ok(
    failures.some((message) => /slow\.onTest .* takes longer than 20 ms/.test(message)),
    String(failures),
  );
});

test('modules are made where the engine keeps no stacks', () => {
  const core = new URL('../../../core/index.js', import.meta.url).href;
  const script = `const { defineModule } = await import(${JSON.stringify(core)});
    console.log(defineModule({ name: 'plain', start() {} }).name);`;
  const options = ['--stack-trace-limit=0', '--input-type=module', '-e', script];
  const { status, stdout, stderr } = spawnSync(process.execPath, options, { encoding: 'utf8' });
  assert.deepEqual([status, stdout.trim()], [0, 'plain'], stderr);
});

test('its secrets are not shown, and it starts before its handlers are called', async () => {
  await using kernel = new Kernel();
  const heard: number[] = [];
  let started = false;
  const secretive = defineModule({
    name: 'secretive',
    settings: v.object({ open: v.string(), hidden: v.string() }),
    secrets: ['hidden'],
    async start() {
      await Promise.resolve();
      kernel.eventhandler.invoke('define_test', 1);
      started = true;
    },
    on: { define_test: (_, n) => void heard.push(n) },
  });
  await kernel.load(secretive, { open: 'yes', hidden: 'no' });
  assert.equal(started, true);
  assert.deepEqual(heard, []);
  kernel.eventhandler.invoke('define_test', 2);
  assert.deepEqual(heard, [2]);
  const shown = JSON.stringify(kernel.inspect().modules.find(({ name }) => name === 'secretive'));
  assert.match(shown, /"open":"yes"/);
  assert.doesNotMatch(shown, /"no"/);
});

test('it may be reloaded one after the other', async () => {
  await using kernel = new Kernel();
  const order: string[] = [];
  const version = (number: number) =>
    defineModule({
      name: 'single',
      reload: 'after',
      start: () => void order.push(`start ${number}`),
      stop: () => void order.push(`stop ${number}`),
    });
  await kernel.load(version(1));
  await kernel.reload(version(2));
  assert.deepEqual(order, ['start 1', 'stop 1', 'start 2']);
});
