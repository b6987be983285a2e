/** The calls that wait while a module is reloaded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import {
  defineModule,
  EventHandler,
  inject,
  type Json,
  Kernel,
  type LogRecord,
  Module,
  Scope,
} from '../../../core/index.js';
import { gated } from '../../support/gate.js';

declare module '../../../core/index.js' {
  interface EventHandlers {
    held_one(n: number): void;
    held_two(n: number): void;
  }
}

/** A version of a module whose start waits for the gate. */
function version(gate: Promise<void>, fails = false, name = 'notes') {
  @Module({ name })
  class Notes {
    seen: number[] = [];

    handover(): Json {
      return this.seen;
    }

    takeover(seen: Json): void {
      this.seen = seen as number[];
    }

    async start(): Promise<void> {
      await gate;
      if (fails) throw new Error('no start');
    }

    @EventHandler('held_one')
    onOne(n: number): void {
      this.seen.push(n);
    }

    @EventHandler('held_two')
    onTwo(n: number): void {
      this.seen.push(n);
    }
  }
  return Notes;
}

for (const fails of [false, true])
  test(`they come in the order of the events, of all lists, to ${fails ? 'the old version when the new one fails' : 'the new version'}`, async () => {
    await using kernel = new Kernel();
    const Old = version(Promise.resolve());
    await kernel.load(Old);
    const { open, gate } = gated();
    const reloading = kernel.reload(version(gate, fails));
    const outcome = fails ? assert.rejects(reloading, /no start/) : reloading;
    await setImmediate();
    const waited: string[] = [];
    for (let n = 0; n < 100; n++) {
      if (n % 3 === 0) kernel.eventhandler.invoke('held_two', n);
      else kernel.eventhandler.invoke('held_one', n);
    }
    const awaited = kernel.eventhandler.invokeAsync('held_one', 100).then(() => waited.push('dispatch'));
    await setImmediate();
    assert.deepEqual(waited, [], 'an asynchronous dispatch waits for its call');
    open();
    await outcome;
    await awaited;
    const { seen } = kernel.get(Old);
    assert.deepEqual(
      seen,
      Array.from({ length: 101 }, (_, n) => n),
    );
    kernel.eventhandler.invoke('held_two', 101);
    assert.equal(seen.length, 102, 'nothing waits any more');
  });

/** A version with handlers of one name, one of them a part's. */
function twin(label: string, journal: string[], start: () => void | Promise<void> = () => {}) {
  return defineModule({
    name: 'twin',
    handover: () => null,
    takeover: () => {},
    async start({ scope }) {
      for (const [index, each] of [scope, scope.child('part'), scope].entries()) {
        const handler = (n: number): void => {
          journal.push(`${label} ${index} hears ${n}`);
          if (n < 0) throw new Error(`not ${n}`);
        };
        each.register('held_one', { name: 'twin', handler });
      }
      await start();
    },
  });
}

test('handlers of one name are told apart by their order, and parts have theirs', async () => {
  await using kernel = new Kernel();
  const journal: string[] = [];
  const { open, gate } = gated();
  await kernel.load(twin('one', journal));
  const reloading = kernel.reload(twin('two', journal, () => gate));
  await setImmediate();
  kernel.eventhandler.invoke('held_one', 1);
  assert.equal(journal.length, 0);
  open();
  await reloading;
  assert.deepEqual(journal.toSorted(), ['two 0 hears 1', 'two 1 hears 1', 'two 2 hears 1']);
});

test('a held call that fails is the handler’s error, and its dispatch ends', async () => {
  const errors: string[] = [];
  await using kernel = new Kernel({ onError: ({ message }) => void errors.push(message) });
  const journal: string[] = [];
  const { open, gate } = gated();
  await kernel.load(twin('one', journal));
  const reloading = kernel.reload(twin('two', journal, () => gate));
  await setImmediate();
  const dispatch = kernel.eventhandler.invokeAsync('held_one', -1);
  open();
  await Promise.all([reloading, dispatch]);
  assert.equal(errors.length, 3);
  for (const message of errors) assert.match(message, /twin .*failed: not -1/);
});

test('code that waits for an event gets it at once, also during a reload', async () => {
  await using kernel = new Kernel();
  const { open, gate } = gated();
  const { scope } = await kernel.load(Waiter);
  const waiting = scope.once('held_one');
  const reloading = kernel.reload(version(gate, false, 'waiter'));
  await setImmediate();
  kernel.eventhandler.invoke('held_one', 3);
  assert.deepEqual(await waiting, [3]);
  open();
  await reloading;
});

@Module({ name: 'waiter' })
class Waiter {
  constructor(@inject(Scope) readonly scope: Scope) {}

  handover(): Json {
    return [];
  }
}

test('beyond 100,000 of them the reload is given up, and none is lost', async () => {
  const log: LogRecord[] = [];
  await using kernel = new Kernel({ log: (record) => log.push(record) });
  const Old = version(Promise.resolve());
  const old = await kernel.load(Old);
  const { open, gate } = gated();
  const reloading = assert.rejects(kernel.reload(version(gate)), {
    code: 'ETIMEDOUT',
    message: /^notes is not reloaded: the start of notes takes longer than/,
  });
  await setImmediate();
  for (let n = 0; n < 100_000; n++) kernel.eventhandler.invoke('held_one', n);
  assert.deepEqual(log, []);
  kernel.eventhandler.invoke('held_one', 100_000);
  assert.deepEqual(
    log.map(({ message }) => message),
    ['notes: too many calls wait for its reload, which is given up'],
  );
  await reloading;
  assert.equal(kernel.get(Old), old);
  assert.equal(old.seen.length, 100_001);
  assert.equal(old.seen.at(-1), 100_000);
  open();
});
