/** What is under way with a module is waited for, by whatever wants something of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  defineModule,
  type Json,
  Kernel,
  type LinkerFile,
  type ModuleClass,
  VirtualClock,
} from '../../../core/index.js';
import { gated, turn } from '../../support/gate.js';

const names = (kernel: Kernel): string =>
  kernel
    .modules()
    .map(({ name }) => name)
    .join(' ');

function world() {
  const clock = new VirtualClock();
  const log: string[] = [];
  const kernel = new Kernel({ clock, log: ({ message }) => log.push(message) });
  const journal: string[] = [];
  const note = (line: string) => (): void => void journal.push(line);
  return { clock, kernel, log, journal, note };
}

test('settings come one after the other, and a handover, a look at changes and an unload wait for them', async () => {
  const { kernel, journal, note } = world();
  const gates = [gated(), gated()];
  const dial = defineModule({
    name: 'dial',
    state: () => ({ count: 0 }),
    async reconfigure({ state }) {
      journal.push(`begins ${state.count}`);
      await gates[state.count]!.gate;
      journal.push(`ends ${state.count++}`);
    },
    changes: ({ state }) => [`${state.count} so far`],
    handover: ({ state }): Json => state.count,
  });
  await kernel.load(dial);
  const [first, second] = [kernel.reconfigure('dial'), kernel.reconfigure('dial')];
  const state = kernel.handover('dial').then((count) => journal.push(`state ${JSON.stringify(count)}`));
  const changes = kernel.changes('dial').then((lines) => journal.push(`changes: ${lines?.join()}`));
  const unload = kernel.unload('dial').then(note('unloaded'));
  for (const { open } of gates) {
    await turn();
    open();
  }
  await Promise.all([first, second, state, changes, unload]);
  assert.deepEqual(
    journal.filter((line) => /^(begins|ends)/.test(line)),
    ['begins 0', 'ends 0', 'begins 1', 'ends 1'],
  );
  assert.deepEqual(journal.slice(-3).toSorted(), ['changes: 2 so far', 'state 2', 'unloaded']);
  assert.equal(journal.at(-1), 'unloaded');
});

test('new settings are those that are shown and that a new version gets, when the module has taken them', async () => {
  const { kernel } = world();
  const level = (): unknown => kernel.inspect().modules[0]!.settings;
  const schema = {
    '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
  } as const;
  const dial = (): ModuleClass =>
    defineModule({
      name: 'dial',
      settings: schema,
      async reconfigure(_context, settings) {
        await turn();
        if (settings === 'bad') throw new Error('not that');
      },
    });
  await kernel.load(dial(), 'one' as never);
  await kernel.reconfigure('dial', 'two');
  await assert.rejects(kernel.reconfigure('dial', 'bad'), /not that/);
  assert.equal(level(), 'two');
  await kernel.reload(dial());
  assert.equal(level(), 'two');
});

test('an unload waits for a load, also one by force, or one that leaves it to others', async () => {
  for (const options of [{}, { force: true }, undefined]) {
    const { kernel, journal } = world();
    const { open, gate } = gated();
    const load = kernel.load(defineModule({ name: 'slow', start: () => gate }));
    const unloading = options === undefined ? kernel.release('slow') : kernel.unload('slow', options);
    const unload = unloading.then(() => journal.push('unloaded'));
    await turn();
    assert.deepEqual(journal, []);
    open();
    await Promise.all([load, unload]);
    assert.equal(names(kernel), '');
  }
});

test('a dependency that only a module needed goes when nothing is under way with it any more, last loaded first', async () => {
  const { kernel, journal, note } = world();
  const { open, gate } = gated();
  const one = defineModule({ name: 'one', stop: note('one stops') });
  const two = defineModule({
    name: 'two',
    reconfigure: () => gate.then(note('two has its settings')),
    stop: note('two stops'),
  });
  await kernel.load(defineModule({ name: 'user', depends: [one, two], stop: note('user stops') }));
  const changing = kernel.reconfigure('two');
  const unload = kernel.unload('user');
  await turn();
  assert.deepEqual(journal, ['user stops']);
  open();
  await Promise.all([changing, unload]);
  assert.deepEqual(journal, ['user stops', 'two has its settings', 'two stops', 'one stops']);
});

test('a module that was loaded for others alone, and is about to go with the last, cannot be unloaded by name', async () => {
  const { kernel } = world();
  const { open, gate } = gated();
  const base = defineModule({ name: 'base', reconfigure: () => gate });
  await kernel.load(defineModule({ name: 'user', depends: [base] }));
  const changing = kernel.reconfigure('base');
  const refused = assert.rejects(kernel.unload('base'), {
    code: 'EBUSY',
    message: 'base was loaded as a dependency only, and is going already',
  });
  const unload = kernel.unload('user');
  await turn();
  open();
  await Promise.all([changing, refused, unload]);
  assert.equal(names(kernel), '');
});

test('a follower that is busy is waited for before its dependency goes, by each that unloads that', async () => {
  const { kernel, journal, note } = world();
  const { open, gate } = gated();
  const base = defineModule({ name: 'base', stop: note('base stops') });
  const follower = defineModule({
    name: 'follower',
    depends: [base],
    follows: true,
    reconfigure: () => gate.then(note('in force')),
    stop: note('follower stops'),
  });
  await kernel.load(base);
  await kernel.load(follower);
  const changing = kernel.reconfigure('follower');
  const unloads = [kernel.unload('base'), kernel.unload('base')];
  await turn();
  assert.deepEqual(journal, []);
  open();
  await Promise.all([changing, unloads[0], assert.rejects(unloads[1]!, { code: 'ENOENT' })]);
  assert.deepEqual(journal, ['in force', 'follower stops', 'base stops']);
});

test('a reload waits for a module that is being loaded with what is reloaded, and restarts it', async () => {
  const { kernel } = world();
  const { open, gate } = gated();
  const version = (number: number) => defineModule({ name: 'part', state: () => number });
  const [first, second] = [version(1), version(2)];
  const user = defineModule({
    name: 'user',
    inject: { part: first },
    state: ({ part }) => part.state,
    start: () => gate,
  });
  await kernel.load(first);
  const loading = kernel.load(user);
  const reloading = kernel.reload(second);
  await turn();
  assert.equal(kernel.get(first).state, 1);
  open();
  await loading;
  assert.deepEqual((await reloading).restarted, ['user']);
  assert.equal(kernel.get(user).state, 2);
  await assert.rejects(kernel.unload('part'), { code: 'EBUSY', message: /^part is in use by user/ });
});

test('a dependency that comes too late for a new version goes again, and is in use by nobody', async () => {
  const { clock, kernel } = world();
  const { open, gate } = gated();
  const slow = defineModule({ name: 'slow', start: () => gate });
  await kernel.load(defineModule({ name: 'part' }));
  const reloading = assert.rejects(
    kernel.reload(defineModule({ name: 'part', depends: [slow] }), { timeout: 1_000 }),
    { code: 'ETIMEDOUT', message: 'part is not reloaded: what it depends on takes longer than 1000 ms' },
  );
  await clock.advance(1_000);
  await reloading;
  open();
  await turn();
  assert.equal(names(kernel), 'part');
  await kernel.load(slow);
  await kernel.unload('slow');
  assert.equal(names(kernel), 'part');
});

test('what is loaded while a module is asked whether it may go waits for the answer, and finds it gone', async () => {
  const { kernel } = world();
  await kernel.load(defineModule({ name: 'base' }));
  const user = defineModule({ name: 'user', depends: ['base'] });
  let loading: Promise<unknown> | undefined;
  kernel.eventhandler.register('kld_unload_try', () => {
    loading ??= assert.rejects(kernel.load(user), {
      code: 'EDEPEND',
      message: 'user depends on base, which is not loaded',
    });
  });
  await kernel.unload('base');
  await loading;
  assert.equal(names(kernel), '');
});

test('a module that is loaded once more while an unload waits for its follower stays, with one reference less', async () => {
  const { kernel } = world();
  const { open, gate } = gated();
  const base = defineModule({ name: 'base' });
  await kernel.load(base);
  await kernel.load(
    defineModule({ name: 'follower', depends: [base], follows: true, reconfigure: () => gate }),
  );
  const changing = kernel.reconfigure('follower');
  const unload = kernel.unload('base');
  await turn();
  await kernel.load(base);
  open();
  await Promise.all([changing, unload]);
  assert.deepEqual(
    kernel.modules().map(({ name, refs }) => `${name} ${refs}`),
    ['base 2', 'follower 1'],
  );
});

test('one that is busy itself when its followers no longer are is waited for, too', async () => {
  const { kernel, journal, note } = world();
  const [own, followers] = [gated(), gated()];
  const base = defineModule({
    name: 'base',
    reconfigure: () => own.gate.then(note('base has its settings')),
    stop: note('base stops'),
  });
  await kernel.load(base);
  await kernel.load(
    defineModule({ name: 'follower', depends: [base], follows: true, reconfigure: () => followers.gate }),
  );
  const first = kernel.reconfigure('follower');
  const unload = kernel.unload('base');
  const second = kernel.reconfigure('base');
  followers.open();
  await first;
  await turn();
  own.open();
  await Promise.all([second, unload]);
  assert.deepEqual(journal, ['base has its settings', 'base stops']);
});

test('a follower that goes by force while its dependency is asked is going, whatever the answer', async () => {
  const { kernel } = world();
  const [asked, stopping] = [gated(), gated()];
  await kernel.load(defineModule({ name: 'base', quiesce: () => asked.gate.then(() => 'busy') }));
  await kernel.load(
    defineModule({ name: 'follower', depends: ['base'], follows: true, stop: () => stopping.gate }),
  );
  const refused = assert.rejects(kernel.unload('base'), /base stays loaded: busy/);
  await turn();
  const forced = kernel.unload('follower', { force: true });
  await turn();
  asked.open();
  await refused;
  assert.deepEqual(
    kernel.modules().map(({ name, state }) => `${name} ${state}`),
    ['base loaded', 'follower unloading'],
  );
  stopping.open();
  await forced;
});

for (const options of [{}, { force: true }])
  test(`what goes with its dependency is loaded anew when both are gone ${JSON.stringify(options)}`, async () => {
    const { kernel, journal, note, log } = world();
    const { open, gate } = gated();
    const base = defineModule({ name: 'base', stop: note('base stops') });
    const middle = defineModule({
      name: 'middle',
      depends: [base],
      follows: true,
      stop: note('middle stops'),
    });
    const top = defineModule({
      name: 'top',
      depends: [middle],
      follows: true,
      stop: () => gate.then(note('top stops')),
    });
    const all: readonly ModuleClass[] = [base, middle, top];
    for (const each of all) await kernel.load(each);
    const before = all.map((each) => kernel.get(each));
    const unload = kernel.unload('base', options);
    const loads = all.map((each) => kernel.load(each));
    await turn();
    assert.deepEqual(journal, []);
    open();
    const [, ...after] = await Promise.all([unload, ...loads]);
    assert.deepEqual(journal, ['top stops', 'middle stops', 'base stops']);
    for (const [i, each] of after.entries()) assert.notEqual(each, before[i]);
    assert.deepEqual(log, [], 'and nothing was left behind');
  });

test('an unload that waits for what is under way says so when its time is over, and goes on', async () => {
  const { kernel, clock } = world();
  const { open, gate } = gated();
  await kernel.load(defineModule({ name: 'dial', reconfigure: () => gate }));
  const changing = kernel.reconfigure('dial');
  const unload = assert.rejects(kernel.unload('dial', { timeout: 500 }), {
    code: 'ETIMEDOUT',
    module: 'dial',
    message:
      'dial is not unloaded after 500 ms: it waits for what is under way with it; unload it by force to leave that behind',
  });
  await clock.advance(600);
  await unload;
  open();
  await changing;
  await turn();
  assert.equal(names(kernel), '');
});

test('an unload that is over a moment after its time has not failed', async () => {
  const { kernel, clock } = world();
  const { open, gate } = gated();
  await kernel.load(defineModule({ name: 'dial', reconfigure: () => gate }));
  const changing = kernel.reconfigure('dial');
  let outcome: unknown = 'pending';
  void kernel.unload('dial', { timeout: 500 }).then(
    () => (outcome = 'done'),
    (error: unknown) => (outcome = error),
  );
  await clock.advance(550);
  assert.equal(outcome, 'pending');
  open();
  await changing;
  await turn();
  assert.equal(outcome, 'done');
});

test('those that are asked may take their time, and are told to the last before the refusal is', async () => {
  const { kernel, clock } = world();
  const told: string[] = [];
  const base = defineModule({ name: 'base' });
  const follower = defineModule({ name: 'follower', depends: [base], follows: true });
  await kernel.load(base);
  await kernel.load(follower);
  const seen: string[] = [];
  kernel.eventhandler.register('kld_unload_try', async ({ name }, veto) => {
    seen.push(
      kernel
        .modules()
        .map(({ state }) => state)
        .join(),
    );
    await new Promise((resolve) => clock.callout('', resolve).reset(100));
    if (name === 'base') veto.veto('not yet');
  });
  kernel.eventhandler.register('kld_unload_abort', async ({ name }: LinkerFile) => {
    await turn();
    told.push(name);
  });
  const refused = kernel.unload('base').catch((error: unknown) => `${String(error)}; told: ${told.join()}`);
  await clock.advance(300);
  assert.match(String(await refused), /base stays loaded: not yet; told: base,follower$/);
  assert.deepEqual(seen, ['unloading,unloading', 'unloading,unloading']);
});

test('a refusal is told when those that were asked know of it', async () => {
  const { kernel } = world();
  const told: string[] = [];
  await kernel.load(defineModule({ name: 'base', quiesce: () => 'busy' }));
  kernel.eventhandler.register('kld_unload_abort', async ({ name }: LinkerFile) => {
    await turn();
    told.push(name);
  });
  await assert.rejects(kernel.unload('base'), { code: 'EBUSY' });
  assert.deepEqual(told, ['base']);
});

test('one that does not answer counts as busy', async () => {
  const { kernel, clock } = world();
  await kernel.load(defineModule({ name: 'base' }));
  kernel.eventhandler.register('kld_unload_try', () => new Promise<void>(() => {}));
  const refused = assert.rejects(kernel.unload('base', { timeout: 100 }), {
    code: 'EBUSY',
    message: 'base stays loaded: kld_unload_try took too long',
  });
  await clock.advance(150);
  await refused;
});

test('what goes by force is waited for, whatever else of it ends meanwhile', async () => {
  const { kernel, journal, note } = world();
  const [starting, stopping] = [gated(), gated()];
  const part = (start: () => void | Promise<void>, stop?: () => Promise<void>): ModuleClass =>
    defineModule({ name: 'part', start, ...(stop && { stop }) });
  await kernel.load(part(note('first'), () => stopping.gate.then(note('stopped'))));
  const reloading = assert.rejects(kernel.reload(part(() => starting.gate)), { code: 'ENOENT' });
  const forced = kernel.unload('part', { force: true });
  starting.open();
  await turn();
  await reloading;
  const loading = kernel.load(part(note('second')));
  await turn();
  assert.deepEqual(journal, ['first']);
  stopping.open();
  await Promise.all([forced, loading]);
  assert.deepEqual(journal, ['first', 'stopped', 'second']);
  assert.equal(names(kernel), 'part');
});

test('whoever asked is not refused when the module goes by force meanwhile', async () => {
  const { kernel } = world();
  const { open, gate } = gated();
  await kernel.load(defineModule({ name: 'base', quiesce: () => gate.then(() => 'busy') }));
  const unload = kernel.unload('base');
  await turn();
  const forced = kernel.unload('base', { force: true });
  open();
  await Promise.all([unload, forced]);
  assert.equal(names(kernel), '');
});
