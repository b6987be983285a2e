/** Optional dependencies, and modules that follow what they depend on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import {
  defineModule,
  EventHandlerRegistry,
  inject,
  Kernel,
  KldError,
  Module,
  type ModuleClass,
  optional,
} from '../../../core/index.js';
import { gated, turn } from '../../support/gate.js';

const refused =
  (code: string, text: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof KldError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, text);
    return true;
  };

@Module({ name: 'base' })
class Base {
  readonly value = 1;
}

/** Uses it if it is there. */
@Module({ name: 'user', depends: [optional(Base)] })
class User {
  constructor(
    @inject(Base) readonly base: Base | undefined,
    @inject(EventHandlerRegistry) readonly eventhandler: EventHandlerRegistry,
  ) {}
}

const loaded = (kernel: Kernel): string =>
  kernel
    .modules()
    .map(({ name }) => name)
    .join(' ');

function journalOf(kernel: Kernel): string[] {
  const journal: string[] = [];
  kernel.eventhandler.register('kld_load', ({ name }) => journal.push(`+${name}`));
  kernel.eventhandler.register('kld_unload', (name) => journal.push(`-${name}`));
  return journal;
}

test('an optional dependency is undefined where it is not loaded, and is not loaded for its user', async () => {
  await using kernel = new Kernel();
  const { base, eventhandler } = await kernel.load(User);
  assert.equal(base, undefined);
  assert.equal(eventhandler, kernel.eventhandler);
  assert.equal(loaded(kernel), 'user');
});

test('an optional dependency that is loaded is injected, and kept as any other', async () => {
  await using kernel = new Kernel();
  const base = await kernel.load(Base);
  assert.equal((await kernel.load(User)).base, base);
  await assert.rejects(kernel.unload('base'), refused('EBUSY', /^base is in use by user/));
  await kernel.unload('user');
  await kernel.unload('base');
  assert.equal(loaded(kernel), '');
});

test('an optional dependency may be a name, or a function that returns the class', async () => {
  await using kernel = new Kernel();
  const byName = defineModule({ name: 'by-name', depends: [optional('base')] });
  const byFunction = defineModule({ name: 'by-function', depends: [optional(() => Base)] });
  await kernel.load(byName);
  await kernel.unload('by-name');
  await kernel.load(Base);
  await kernel.load(byName);
  await kernel.load(byFunction);
  assert.deepEqual(kernel.modules()[0]!.usedBy, ['by-name', 'by-function']);
});

test('a text that is injected is what is provided for it, though an optional dependency has that name', async () => {
  const user = defineModule({
    name: 'user',
    depends: [optional('base')],
    inject: { text: 'base' },
    state: ({ text }) => text,
  });
  await using kernel = new Kernel({ provide: [{ token: 'base', useValue: 'provided' }] });
  assert.equal((await kernel.load(user)).state, 'provided');
});

test('defineModule injects an optional module by its type, or undefined', async () => {
  await using kernel = new Kernel();
  const seen: (number | undefined)[] = [];
  const reader = defineModule({
    name: 'reader',
    inject: { base: optional(Base) },
    start({ base }) {
      // @ts-expect-error it may be undefined
      void (() => base.value);
      seen.push(base?.value);
    },
  });
  await kernel.load(reader);
  await kernel.unload(reader);
  await kernel.load(Base);
  await kernel.load(reader);
  assert.deepEqual(seen, [undefined, 1]);
});

test('a circle through an optional dependency is refused', async () => {
  await using kernel = new Kernel();
  const one = defineModule({ name: 'one', depends: [optional(() => two)] });
  const two: ReturnType<typeof defineModule> = defineModule({ name: 'two', depends: [one] });
  await assert.rejects(kernel.load(one), refused('ELOOP', /one -> two -> one/));
});

const follower = defineModule({
  name: 'follower',
  settings: v.object({ n: v.number() }),
  inject: { base: Base },
  follows: true,
  state: ({ settings }) => ({ n: settings.n }),
});
const above = defineModule({ name: 'above', depends: [follower], follows: true });

test('a follower goes down before what it depends on, and comes back with it and its settings', async () => {
  await using kernel = new Kernel();
  await kernel.load(Base);
  await kernel.load(follower, { n: 7 });
  await kernel.load(above);
  const journal = journalOf(kernel);
  await kernel.unload('base');
  assert.deepEqual(journal.splice(0), ['-above', '-follower', '-base']);
  await kernel.load(Base);
  assert.deepEqual(journal, ['+base', '+follower', '+above']);
  assert.equal(kernel.get(follower).state.n, 7);
  await kernel.unload('above');
  await kernel.unload('follower');
  await kernel.unload('base');
  assert.equal(loaded(kernel), '');
});

test('what does not follow keeps a module loaded, also behind a follower', async () => {
  await using kernel = new Kernel();
  await kernel.load(Base);
  await kernel.load(follower, { n: 1 });
  await kernel.load(defineModule({ name: 'anchor', depends: [follower] }));
  await assert.rejects(
    kernel.unload('base'),
    refused('EBUSY', /^base is in use by anchor: unload anchor first$/),
  );
  assert.equal(loaded(kernel), 'base follower anchor');
});

test('what is being loaded keeps what it depends on, also behind a follower', async () => {
  await using kernel = new Kernel();
  const { open, gate } = gated();
  await kernel.load(Base);
  await kernel.load(follower, { n: 1 });
  const loading = kernel.load(defineModule({ name: 'anchor', depends: [follower], start: () => gate }));
  await assert.rejects(
    kernel.unload('base'),
    refused('EBUSY', /^base is in use by anchor: unload anchor first$/),
  );
  open();
  await loading;
  assert.equal(loaded(kernel), 'base follower anchor');
});

test('a follower may refuse, and everything stays as it was', async () => {
  await using kernel = new Kernel();
  await kernel.load(Base);
  await kernel.load(follower, { n: 1 });
  await kernel.load(defineModule({ name: 'busy', depends: [follower], follows: true }));
  const aborted: string[] = [];
  kernel.eventhandler.register('kld_unload_abort', ({ name }) => aborted.push(name));
  const tag = kernel.eventhandler.register('kld_unload_try', ({ name }, veto) => {
    if (name === 'follower') veto.veto('at work');
  });
  const instance = kernel.get(follower);
  await assert.rejects(
    kernel.unload('base'),
    refused('EBUSY', /^base stays loaded: follower, which depends on it: at work$/),
  );
  assert.deepEqual(aborted.toSorted(), ['busy', 'follower']);
  assert.equal(kernel.get(follower), instance);
  assert.deepEqual(new Set(kernel.modules().map(({ state }) => state)), new Set(['loaded']));
  await kernel.eventhandler.deregister('kld_unload_try', tag);
  await kernel.unload('base');
  assert.equal(loaded(kernel), '');
});

test('a follower that waits can be unloaded, and does not come back', async () => {
  await using kernel = new Kernel();
  await kernel.load(Base);
  await kernel.load(follower, { n: 1 });
  await kernel.unload('base');
  await kernel.unload('follower');
  await assert.rejects(kernel.unload('follower'), refused('ENOENT', /follower/));
  await kernel.load(Base);
  assert.equal(loaded(kernel), 'base');
});

test('a follower that waits and is loaded by hand counts both loads', async () => {
  await using kernel = new Kernel();
  await kernel.load(Base);
  await kernel.load(follower, { n: 1 });
  await kernel.unload('base');
  await kernel.load(follower, { n: 2 });
  assert.equal(kernel.modules().find(({ name }) => name === 'follower')?.refs, 2);
  assert.equal(kernel.get(follower).state.n, 2);
});

test('a follower waits for all that was unloaded of what it needs', async () => {
  await using kernel = new Kernel();
  const other = defineModule({ name: 'other' });
  await kernel.load(Base);
  await kernel.load(other);
  await kernel.load(defineModule({ name: 'both', depends: [Base, other], follows: true }));
  await kernel.unload('base');
  await kernel.unload('other');
  await kernel.load(Base);
  assert.equal(loaded(kernel), 'base');
  await kernel.load(other);
  assert.equal(loaded(kernel), 'base other both');
});

test('a follower goes on without an optional dependency, and gets it when it comes', async () => {
  await using kernel = new Kernel();
  let starts = 0;
  const flexible = defineModule({
    name: 'flexible',
    follows: true,
    inject: { base: optional(Base) },
    state: ({ base }) => ({ base, count: 0 }),
    start: () => void starts++,
    handover: ({ state }) => state.count,
    takeover({ state }, count) {
      state.count = count as number;
    },
  });
  (await kernel.load(flexible)).state.count = 3;
  const base = await kernel.load(Base);
  assert.equal(kernel.get(flexible).state.base, base);
  assert.equal(kernel.get(flexible).state.count, 3);
  await kernel.load(defineModule({ name: 'other' }));
  assert.equal(starts, 2, 'what has it is left alone');
  await kernel.unload('base');
  assert.equal(loaded(kernel), 'other flexible');
  assert.equal(kernel.get(flexible).state.base, undefined);
  assert.equal(starts, 3);
  await kernel.load(Base);
  await kernel.release('base');
  assert.equal(loaded(kernel), 'other flexible');
  assert.equal(starts, 5);
});

test('what is restarted for one dependency keeps an optional one that is loaded', async () => {
  await using kernel = new Kernel();
  const make = (name: string) => defineModule({ name });
  for (const name of ['base', 'other']) await kernel.load(make(name));
  await kernel.load(defineModule({ name: 'user', depends: ['other', optional('base')] }));
  await kernel.reload(make('other'));
  assert.equal(kernel.modules().find(({ name }) => name === 'base')?.refs, 2);
});

test('what does not follow is not restarted for an optional dependency', async () => {
  await using kernel = new Kernel();
  const user = await kernel.load(User);
  await kernel.load(Base);
  assert.equal(kernel.get(User), user);
});

test('a follower may depend on what it knows by name', async () => {
  await using kernel = new Kernel();
  const journal = journalOf(kernel);
  await kernel.load(Base);
  await kernel.load(defineModule({ name: 'needy', depends: ['base'], follows: true }));
  await kernel.load(defineModule({ name: 'easy', depends: [optional('base')], follows: true }));
  await kernel.unload('base');
  assert.equal(loaded(kernel), 'easy');
  journal.length = 0;
  await kernel.load(Base);
  assert.deepEqual(journal, ['+base', '+needy', '-easy', '+easy']);
});

test('a follower comes back as often loaded by name as it was', async () => {
  await using kernel = new Kernel();
  await kernel.load(Base);
  await kernel.load(follower, { n: 1 });
  await kernel.load(follower as ModuleClass);
  await kernel.unload('base');
  await kernel.load(Base);
  await kernel.unload('follower');
  assert.equal(loaded(kernel), 'base follower');
  await kernel.unload('follower');
  assert.equal(loaded(kernel), 'base');
  await kernel.load(follower, { n: 1 });
  await kernel.load(follower as ModuleClass);
  await kernel.unload('base');
  await kernel.unload('follower');
  await kernel.load(Base);
  assert.equal(loaded(kernel), 'base follower', 'one of two loads was taken back while it waited');
});

test('what followed only because another follower was loaded comes back with that one alone', async () => {
  await using kernel = new Kernel();
  await kernel.load(Base);
  await kernel.load(defineModule({ name: 'middle', depends: [Base], follows: true }));
  const top = defineModule({ name: 'top', depends: ['middle'], follows: true });
  await kernel.load(top);
  await kernel.unload('top');
  await kernel.load(top);
  await kernel.unload('middle');
  assert.equal(loaded(kernel), 'base');
  await kernel.load(Base);
  assert.equal(
    loaded(kernel),
    'base',
    'the one that was unloaded itself does not come back, nor does what needs it',
  );
});

test('a load does not wait for a follower that is being loaded by hand', async () => {
  const log: string[] = [];
  await using kernel = new Kernel({ log: ({ message }) => log.push(message) });
  const { open, gate } = gated();
  let isSlow = false;
  const slow = defineModule({
    name: 'slow',
    settings: v.object({ n: v.number() }),
    depends: [Base],
    follows: true,
    state: ({ settings }) => settings.n,
    start: () => (isSlow ? gate : undefined),
  });
  await kernel.load(Base);
  await kernel.load(slow, { n: 1 });
  await kernel.unload('base');
  isSlow = true;
  const byHand = kernel.load(slow, { n: 2 });
  await kernel.load(defineModule({ name: 'other' }));
  assert.equal(loaded(kernel), 'base other');
  open();
  await byHand;
  assert.equal(kernel.get(slow).state, 2);
  assert.equal(kernel.modules().find(({ name }) => name === 'slow')?.refs, 2);
  assert.deepEqual(log, []);
});

test('a follower that takes new settings gets an optional dependency that came meanwhile when it has them', async () => {
  await using kernel = new Kernel();
  const { open, gate } = gated();
  const flexible = defineModule({
    name: 'flexible',
    follows: true,
    inject: { base: optional(Base) },
    state: ({ base }) => base?.value,
    reconfigure: () => gate,
  });
  await kernel.load(flexible);
  const reconfigured = kernel.reconfigure('flexible', undefined);
  await kernel.load(Base);
  assert.equal(kernel.get(flexible).state, undefined, 'the load does not wait for it');
  open();
  await reconfigured;
  assert.equal(kernel.get(flexible).state, 1);
});

test('a follower that is being restarted for one optional dependency gets another one that comes meanwhile', async () => {
  await using kernel = new Kernel();
  const { open, gate } = gated();
  const [one, two] = ['one', 'two'].map((name) => defineModule({ name }));
  let starts = 0;
  const flexible = defineModule({
    name: 'flexible',
    depends: [optional(one!), optional(two!)],
    follows: true,
    start: () => (++starts === 2 ? gate : undefined),
  });
  await kernel.load(flexible);
  const first = kernel.load(one!);
  while (starts < 2) await turn();
  await kernel.load(two!);
  open();
  await first;
  assert.deepEqual(kernel.modules().find(({ name }) => name === 'flexible')?.depends, ['one', 'two']);
  assert.equal(starts, 3);
});

test('a follower gets what a module loads that depends on it and is still being loaded, when that is', async () => {
  await using kernel = new Kernel();
  const flexible = defineModule({ name: 'flexible', depends: [optional(Base)], follows: true });
  const outer = defineModule({
    name: 'outer',
    depends: [flexible],
    inject: { kernel: Kernel },
    async start({ kernel }) {
      await kernel.load(Base);
    },
  });
  await kernel.load(flexible);
  await kernel.load(outer);
  const { depends, usedBy } = kernel.modules().find(({ name }) => name === 'flexible')!;
  assert.deepEqual({ depends, usedBy }, { depends: ['base'], usedBy: ['outer'] });
});

test('a follower of two that lack the same is restarted once, whoever finds that they do', async () => {
  await using kernel = new Kernel();
  const { open, gate } = gated();
  const starts: string[] = [];
  const follower = (name: string): ModuleClass =>
    defineModule({
      name,
      depends: [optional('base')],
      follows: true,
      start() {
        starts.push(name);
        return name === 'slow' && starts.length > 2 ? gate : undefined;
      },
    });
  for (const name of ['slow', 'quick']) await kernel.load(follower(name));
  const loading = kernel.load(Base);
  while (starts.length < 3) await turn();
  await kernel.load(defineModule({ name: 'other' }));
  open();
  await loading;
  assert.deepEqual(starts, ['slow', 'quick', 'slow', 'quick']);
});

test('a follower does not wait for an optional dependency that takes new settings', async () => {
  await using kernel = new Kernel();
  const [own, others] = [gated(), gated()];
  const wanted = defineModule({ name: 'wanted', reconfigure: () => others.gate });
  const flexible = defineModule({
    name: 'flexible',
    follows: true,
    inject: { wanted: optional(wanted) },
    state: ({ wanted }) => wanted !== undefined,
    reconfigure: () => own.gate,
  });
  await kernel.load(flexible);
  const mine = kernel.reconfigure('flexible', undefined);
  await kernel.load(wanted);
  const other = kernel.reconfigure('wanted', undefined);
  own.open();
  await mine;
  assert.equal(kernel.get(flexible).state, false);
  others.open();
  await other;
  assert.equal(kernel.get(flexible).state, true);
});

test('a follower that cannot start with an optional dependency goes on without it, and says so', async () => {
  const log: string[] = [];
  await using kernel = new Kernel({ log: ({ message }) => log.push(message) });
  const picky = defineModule({
    name: 'picky',
    follows: true,
    inject: { base: optional(Base) },
    start({ base }) {
      if (base !== undefined) throw new Error('not with that one');
    },
  });
  const instance = await kernel.load(picky);
  await kernel.load(Base);
  assert.equal(kernel.get(picky), instance);
  assert.deepEqual(log, [
    'picky goes on without its optional dependency: picky: its start failed: not with that one',
  ]);
});

test('a follower that fails to come back is reported, and tried again with the next load', async () => {
  const log: string[] = [];
  await using kernel = new Kernel({ log: ({ message }) => log.push(message) });
  let isBroken = false;
  const fragile = defineModule({
    name: 'fragile',
    depends: [Base],
    follows: true,
    start() {
      if (isBroken) throw new Error('no carrier');
    },
  });
  await kernel.load(Base);
  await kernel.load(fragile);
  await kernel.unload('base');
  isBroken = true;
  await kernel.load(Base);
  assert.equal(loaded(kernel), 'base');
  assert.deepEqual(log, [
    'fragile does not come back with what it depends on: fragile: its start failed: no carrier',
  ]);
  isBroken = false;
  await kernel.load(Base);
  assert.equal(loaded(kernel), 'base fragile');
});

test('force takes followers down too, and a hanging one is left behind', async () => {
  await using kernel = new Kernel();
  await kernel.load(Base);
  await kernel.load(
    defineModule({
      name: 'hanging',
      depends: [Base],
      follows: true,
      stop: () => new Promise<void>(() => {}),
    }),
  );
  await kernel.unload('base', { force: true, timeout: 10 });
  assert.equal(loaded(kernel), '');
});

test('a shutdown brings nothing back', async () => {
  const kernel = new Kernel();
  await kernel.load(Base);
  await kernel.load(follower, { n: 1 });
  const journal = journalOf(kernel);
  assert.deepEqual(await kernel.shutdown(), []);
  assert.deepEqual(journal, ['-follower', '-base']);
});

test('what is loaded while the kernel goes down brings no follower back, and nobody complains', async () => {
  const log: string[] = [];
  const kernel = new Kernel({ log: ({ message }) => log.push(message) });
  const { open, gate } = gated();
  let isSlow = false;
  const slow = defineModule({ name: 'slow', start: () => (isSlow ? gate : undefined) });
  await kernel.load(slow);
  await kernel.load(defineModule({ name: 'waiting', depends: [slow], follows: true }));
  await kernel.unload('slow');
  isSlow = true;
  const loading = kernel.load(slow);
  const down = kernel.shutdown();
  await turn();
  open();
  await loading;
  await down;
  assert.equal(loaded(kernel), '');
  assert.deepEqual(log, []);
});

test('what comes back comes back once, and waits for nothing that it does not need', async () => {
  await using kernel = new Kernel();
  const other = defineModule({ name: 'other' });
  const middle = defineModule({ name: 'middle', depends: [Base], follows: true });
  const top = defineModule({ name: 'top', depends: [middle], follows: true });
  const easy = defineModule({ name: 'easy', depends: [optional(Base)], follows: true });
  const onEasy = defineModule({ name: 'on-easy', depends: [easy], follows: true });
  for (const module of [Base, other, easy, onEasy, top] as const) await kernel.load<ModuleClass>(module);
  await kernel.unload('base');
  assert.equal(loaded(kernel), 'other easy on-easy');
  await kernel.unload('other');
  await kernel.load(Base);
  assert.ok(kernel.has(top), 'it never needed the other one');
  await kernel.load(other);
  const refs = new Map(kernel.modules().map((each) => [each.name, each.refs]));
  assert.deepEqual(
    ['base', 'middle', 'top', 'easy', 'on-easy'].map((name) => refs.get(name)),
    [3, 1, 1, 2, 1],
  );
  await kernel.unload('top');
  assert.equal(kernel.has(middle), false, 'it was loaded for the other alone, and still is');
  await kernel.load(top);
  await kernel.unload('base');
  await kernel.unload('top');
  await kernel.load(Base);
  assert.equal(kernel.has(middle), false, 'nor does it come back without that one');
});

test('a hundred rounds leave nothing behind', async () => {
  await using kernel = new Kernel();
  await kernel.load(follower, { n: 1 });
  const before = JSON.stringify(kernel.eventhandler.lists());
  await kernel.load(Base);
  for (let i = 0; i < 100; i++) {
    await kernel.unload('base');
    assert.equal(loaded(kernel), '');
    await kernel.load(Base);
    assert.equal(loaded(kernel), 'base follower');
  }
  assert.equal(JSON.stringify(kernel.eventhandler.lists()).length, before.length);
  assert.equal(kernel.clock.armed, 0);
});
