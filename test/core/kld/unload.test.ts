/** Modules that do not go when they are told to: time limits, force, and the shutdown that outlasts them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  defineModule,
  EventHandler,
  inject,
  Kernel,
  type LogRecord,
  Module,
  Scope,
  VirtualClock,
} from '../../../core/index.js';
import { gated, turn } from '../../support/gate.js';
import '../eventhandler/events.js';

/** Hangs where it is told to, and notes what happens to it. */
class Hanging {
  static at = '';
  readonly notes: string[] = [];

  constructor(@inject(Scope) private readonly scope: Scope) {}

  async start(): Promise<void> {
    this.scope.defer(() => void this.notes.push('first given back'));
    this.scope.defer(() => this.#pass('scope'));
    this.scope.defer(() => void this.notes.push('last given back'));
    await this.#pass('start');
  }

  @EventHandler('test_event')
  onTest(): Promise<void> {
    return this.#pass('handler');
  }

  quiesce(): Promise<undefined> {
    return this.#pass('quiesce') as Promise<undefined>;
  }

  stop(): Promise<void> {
    this.notes.push('stop');
    return this.#pass('stop');
  }

  #pass(step: string): Promise<void> {
    return Hanging.at === step ? new Promise(() => {}) : Promise.resolve();
  }
}

async function setup(at: string) {
  // A class of its own for each test: the decorators write on it.
  @Module({ name: 'hanging' })
  class Mine extends Hanging {}
  Hanging.at = at;
  const clock = new VirtualClock();
  const records: LogRecord[] = [];
  const kernel = new Kernel({ clock, log: (record) => records.push(record) });
  const gone: string[] = [];
  kernel.eventhandler.register('kld_unload', (name) => void gone.push(name));
  const module = await kernel.load(Mine);
  kernel.eventhandler.invoke('test_event', 'x');
  return { clock, kernel, module, records, gone, Mine };
}

/** How a promise has settled after so many milliseconds. */
async function after(clock: VirtualClock, ms: number, promise: Promise<unknown>): Promise<string> {
  let state = 'pending';
  promise.then(
    () => {
      state = 'done';
    },
    (error: Error & { code: string }) => {
      state = `${error.code} ${error.message}`;
    },
  );
  await clock.advance(ms);
  return state;
}

for (const [at, waitsFor] of [
  ['handler', 'its handlers'],
  ['stop', 'its stop'],
  ['scope', 'what it holds'],
] as const) {
  test(`a module that hangs in its ${at} is not unloaded in time, and can be by force`, async () => {
    const { clock, kernel, module, records, gone, Mine } = await setup(at);
    const unloading = kernel.unload('hanging', { timeout: 500 });
    assert.equal(await after(clock, 499, unloading), 'pending');
    assert.equal(
      await after(clock, 1, unloading),
      `ETIMEDOUT hanging is not unloaded after 500 ms: it waits for ${waitsFor}; unload it by force to leave that behind`,
    );
    assert.deepEqual(gone, []);
    const forced = kernel.unload(Mine, { force: true, timeout: 300 });
    assert.equal(await after(clock, 300, forced), 'done');
    assert.deepEqual(gone, ['hanging']);
    assert.deepEqual(module.notes, ['stop', 'last given back', 'first given back']);
    assert.match(records.at(-1)!.message, /^hanging is unloaded by force: .* left behind$/);
    assert.ok(records.at(-1)!.message.includes(waitsFor));
    Hanging.at = '';
    await kernel.load(Mine);
    await kernel.unload(Mine);
    assert.deepEqual(gone, ['hanging', 'hanging']);
    await kernel.shutdown();
    await clock.advance(10_000);
    assert.equal(clock.armed, 0, 'the warning of the handler that is left behind has come');
  });
}

test('a question that is not answered in time leaves the module loaded', async () => {
  const { clock, kernel, gone } = await setup('quiesce');
  const unloading = kernel.unload('hanging', { timeout: 100 });
  assert.equal(await after(clock, 100, unloading), 'EBUSY hanging stays loaded: its quiesce took too long');
  assert.deepEqual(
    kernel.modules().map(({ state }) => state),
    ['loaded'],
  );
  const patient = kernel.unload('hanging');
  assert.equal(await after(clock, 1000, patient), 'pending');
  assert.equal(await after(clock, 0, kernel.unload('hanging', { force: true })), 'done', 'force asks nobody');
  assert.deepEqual(gone, ['hanging']);
});

test('force unloads what was loaded twice and is vetoed, but nothing that others depend on', async () => {
  const { kernel, Mine } = await setup('');
  @Module({ name: 'user', depends: [Mine] })
  class User {}
  await kernel.load(Mine);
  kernel.eventhandler.register('kld_unload_try', (_file, veto) => veto.veto('never'));
  await kernel.load(User);
  await assert.rejects(kernel.unload(Mine, { force: true }), { code: 'EBUSY', message: /in use by user/ });
  await kernel.unload(User, { force: true });
  await kernel.unload(Mine, { force: true });
  assert.deepEqual(kernel.modules(), []);
  await assert.rejects(kernel.unload(Mine, { force: true }), { code: 'ENOENT' });
});

for (const at of ['handler', 'stop', 'scope'] as const) {
  test(`a shutdown while an unload hangs in its ${at} takes the module down once`, async () => {
    const { clock, kernel, module, gone, records } = await setup(at);
    const unloading = kernel.unload('hanging');
    assert.equal(await after(clock, 10, unloading), 'pending');
    const down = kernel.shutdown();
    let left: readonly string[] = [];
    void down.then((names) => {
      left = names;
    });
    assert.equal(await after(clock, 10_200, unloading), 'done');
    assert.deepEqual(
      module.notes.filter((note) => note === 'stop'),
      ['stop'],
    );
    assert.deepEqual(gone, ['hanging']);
    assert.match(left[0] ?? '', /^hanging \(/);
    assert.match(records.at(-1)!.message, /^shutdown: left behind, since they took too long: hanging \(/);
    assert.ok(module.notes.includes('first given back'), 'its scope is closed whatever hangs');
  });
}

test('a shutdown closes the scope of a module whose start hangs, and names it', async () => {
  const clock = new VirtualClock();
  const kernel = new Kernel({ clock });
  const notes: string[] = [];
  @Module({ name: 'stuck' })
  class Stuck {
    constructor(@inject(Scope) private readonly scope: Scope) {}

    async start(): Promise<void> {
      this.scope.defer(() => void notes.push('given back'));
      this.scope.callout('poll', () => {}).reset(3_600_000);
      await new Promise((resolve) => this.scope.signal.addEventListener('abort', resolve));
      notes.push('aborted');
      throw new Error('gave up');
    }
  }
  const loading = kernel.load(Stuck);
  const failed = assert.rejects(loading, { code: 'ESTART', message: 'stuck: its start failed: gave up' });
  const down = kernel.shutdown();
  await clock.advance(10_000);
  assert.deepEqual(await down, ['stuck (its start)']);
  await failed;
  assert.deepEqual(notes.toSorted(), ['aborted', 'given back']);
  assert.equal(clock.armed, 0);
});

test('a forced unload leaves behind after 10 s what hangs; a load it must wait for, and gives that up soon after', async () => {
  const { clock, kernel } = await setup('stop');
  const forced = kernel.unload('hanging', { force: true });
  assert.equal(await after(clock, 9_999, forced), 'pending');
  assert.equal(await after(clock, 1, forced), 'done');
  void kernel.load(defineModule({ name: 'stuck', start: () => new Promise<void>(() => {}) }));
  const vain = kernel.unload('stuck', { force: true });
  assert.equal(await after(clock, 11_099, vain), 'pending');
  assert.match(
    await after(clock, 1, vain),
    /^ETIMEDOUT stuck is not unloaded after 10000 ms: it waits for what is/,
  );
});

test('a shutdown gives loads under way a moment, however little time it has', async () => {
  const clock = new VirtualClock();
  const kernel = new Kernel({ clock });
  kernel.sysctl.set('kern.shutdown.timeout', '0');
  void kernel.load(defineModule({ name: 'stuck', start: () => new Promise<void>(() => {}) }));
  const down = kernel.shutdown();
  assert.equal(await after(clock, 99, down), 'pending');
  assert.equal(await after(clock, 1, down), 'done');
});

test('a shutdown names what waits for a module whose start hangs, and what is loaded meanwhile and hangs itself', async () => {
  const clock = new VirtualClock();
  const kernel = new Kernel({ clock });
  const hanging = new Promise<void>(() => {});
  const { open, gate } = gated();
  const stuck = defineModule({ name: 'stuck', start: () => hanging });
  await kernel.load(defineModule({ name: 'plain' }));
  void kernel.load(defineModule({ name: 'user', depends: [stuck] }));
  const late = kernel.load(defineModule({ name: 'late', start: () => gate, stop: () => hanging }));
  const down = kernel.shutdown();
  await turn();
  open();
  await late;
  await clock.advance(20_000);
  assert.deepEqual(await down, ['user (its start)', 'stuck (its start)', 'late (its stop)']);
});

test('a shutdown does not wait for what only another module needed', async () => {
  const clock = new VirtualClock();
  const kernel = new Kernel({ clock });
  const base = defineModule({ name: 'base', stop: () => new Promise<void>(() => {}) });
  await kernel.load(defineModule({ name: 'user', depends: [base] }));
  const down = kernel.shutdown();
  await clock.advance(20_000);
  assert.deepEqual(await down, ['base (its stop)']);
});

test('a shutdown lets a reload end that only the old version holds up, and refuses one that has more to do', async () => {
  for (const step of ['handover', 'stop'] as const) {
    const kernel = new Kernel();
    const { open, gate } = gated();
    const part = (start: () => void = () => {}) =>
      defineModule({
        name: 'part',
        start,
        handover: () => (step === 'handover' ? gate.then(() => null) : null),
        takeover: () => {},
        stop: () => (step === 'stop' ? gate : undefined),
      });
    await kernel.load(part());
    let started = 0;
    const reloading = kernel.reload(part(() => void started++));
    const outcome =
      step === 'stop'
        ? reloading
        : assert.rejects(reloading, {
            code: 'ECLOSED',
            module: 'part',
            message: 'part is not reloaded: the kernel is shutting down',
          });
    await turn();
    const down = kernel.shutdown();
    await turn();
    open();
    await outcome;
    assert.deepEqual(await down, []);
    assert.equal(started, step === 'stop' ? 1 : 0);
  }
});

test('a shutdown closes the scope of a new version whose start hangs, and names it; not one that has started', async () => {
  const clock = new VirtualClock();
  const kernel = new Kernel({ clock });
  const part = (start: (scope: Scope) => void | Promise<void> = () => {}) =>
    defineModule({ name: 'part', start: ({ scope }) => start(scope) });
  await kernel.load(part());
  await kernel.reload(part());
  const hung = kernel.reload(
    part(({ signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', reject))),
    { timeout: 1e6 },
  );
  hung.catch(() => {});
  await turn();
  const down = kernel.shutdown();
  await clock.advance(10_000);
  assert.deepEqual(await down, ['part (its start)']);
});

test('a reload that is given up is told when what it had begun has been given back', async () => {
  const clock = new VirtualClock();
  const kernel = new Kernel({ clock });
  let isGivenBack = false;
  await kernel.load(defineModule({ name: 'part' }));
  const hanging = defineModule({
    name: 'part',
    start({ scope }) {
      scope.defer(async () => {
        await new Promise((resolve) => clock.callout('', resolve).reset(50));
        isGivenBack = true;
      });
      return new Promise<void>(() => {});
    },
  });
  const told = assert
    .rejects(kernel.reload(hanging, { timeout: 100 }), { code: 'ETIMEDOUT' })
    .then(() => assert.ok(isGivenBack));
  await clock.advance(1000);
  await told;
});

const circle: { itself?: unknown } = {};
circle.itself = circle;

for (const [answer, message] of [
  [false, /its quiesce returned false, which is no reason and no leave/],
  [3, /its quiesce returned 3/],
  [5n, /its quiesce returned 5, /],
  [circle, /its quiesce returned \[object Object\], /],
  ['', /stays loaded: no reason was given/],
  ['busy', /stays loaded: busy/],
  [null, undefined],
  [undefined, undefined],
] as const) {
  test(`a quiesce that returns ${inspect(answer)} ${message === undefined ? 'lets the module go' : 'refuses'}`, async () => {
    class Answering {
      quiesce(): undefined {
        return answer as unknown as undefined;
      }
    }
    Module({ name: 'answering' })(Answering);
    const kernel = new Kernel();
    await kernel.load(Answering);
    if (message === undefined) await kernel.unload('answering');
    else await assert.rejects(kernel.unload('answering'), { code: 'EBUSY', message });
    const states = kernel.modules().map(({ state }) => state);
    assert.deepEqual(states, message === undefined ? [] : ['loaded']);
  });
}

test('a module of which nobody could be asked stays, and is as it was', async () => {
  const kernel = new Kernel();
  const { eventhandler } = kernel;
  await kernel.load(defineModule({ name: 'kept' }));
  const tag = eventhandler.register('kld_unload_try', (file, veto) =>
    eventhandler.invoke('kld_unload_try', file, veto),
  );
  await assert.rejects(kernel.unload('kept'), {
    code: 'EBUSY',
    message: /^kept stays loaded: nobody could be asked: kld_unload_try: stopped at \d+ dispatches/,
  });
  assert.equal(kernel.modules()[0]!.state, 'loaded');
  eventhandler.deregisterNowait('kld_unload_try', tag);
  await kernel.unload('kept');
});
