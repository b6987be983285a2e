import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type CarpetError,
  Clock,
  EventHandler,
  inject,
  Kernel,
  Module,
  Scope,
  VirtualClock,
} from '../../../core/index.js';
import { gated, turn } from '../../support/gate.js';
import { strict } from '../../support/kernel.js';
import '../eventhandler/events.js';

function setup() {
  const clock = new VirtualClock();
  const kernel = new Kernel({ ...strict, clock });
  return { clock, kernel, scope: new Scope('test', kernel) };
}

test('the signal aborts before running handlers are waited for, so that they can give up', async () => {
  const { clock, kernel } = setup();
  const seen: string[] = [];
  @Module({ name: 'patient' })
  class Patient {
    constructor(@inject(Scope) private readonly scope: Scope) {}

    @EventHandler('test_event')
    async onTest(): Promise<void> {
      const { signal } = this.scope.child('request');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      seen.push(`gave up: ${(signal.reason as Error).message}`);
    }

    stop(): void {
      seen.push(`stop, aborted ${this.scope.signal.aborted}`);
    }
  }
  await kernel.load(Patient);
  kernel.eventhandler.invoke('test_event', 'x');
  const unloading = kernel.unload('patient');
  await clock.advance(0);
  await unloading;
  assert.deepEqual(seen, ['gave up: patient/request is being unloaded', 'stop, aborted true']);
});

test('the signal of a child aborts with the child alone, and one that is asked for late has aborted', async () => {
  const { scope } = setup();
  const child = scope.child('part');
  const { signal } = child;
  await child.close();
  assert.deepEqual([signal.aborted, scope.signal.aborted], [true, false]);
  assert.equal(scope.signal, scope.signal);
  await scope.close();
  const late = setup().scope;
  await late.close();
  assert.equal(late.signal.aborted, true);
});

test('callouts and verbs that are disposed of leave their scope', async () => {
  const { clock, scope } = setup();
  for (let i = 0; i < 1000; i++) {
    const callout = scope.callout('once', () => callout[Symbol.dispose]());
    callout.reset(0);
  }
  assert.equal(scope.size, 1000);
  clock.advanceSync(0);
  assert.equal(scope.size, 0);
  const verb = scope.verb({ name: 'test.look', summary: 'looks', access: 'read', run: () => 1 });
  assert.equal(scope.size, 1);
  verb[Symbol.dispose]();
  assert.equal(scope.size, 0);
  await scope.close();
});

test('release disposes of what is owned and forgets it', async () => {
  const { scope } = setup();
  let disposed = 0;
  const thing = scope.own({ [Symbol.asyncDispose]: async () => void disposed++ });
  await scope.release(thing);
  assert.deepEqual([scope.size, disposed], [0, 1]);
  await scope.close();
  assert.equal(disposed, 1);
});

test('what cannot be disposed of is refused when it is handed over, not when the scope closes', () => {
  const { scope } = setup();
  assert.throws(() => scope.own({ close: () => {} } as unknown as Disposable), {
    code: 'EINVAL',
    message: 'test: cannot own what has no [Symbol.dispose]; say with defer(() => …) how it is given back',
  });
  assert.equal(scope.size, 0);
});

test('what is handed over too late is given back at once', async () => {
  const { kernel, scope } = setup();
  await scope.close();
  const undone: string[] = [];
  const refusal = { code: 'ECLOSED', message: 'test is being unloaded and can acquire nothing more' };
  assert.throws(() => scope.own({ [Symbol.dispose]: () => void undone.push('owned') }), refusal);
  assert.throws(() => scope.defer(() => void undone.push('deferred')), refusal);
  assert.throws(() => scope.callout('x', () => {}), refusal);
  assert.throws(() => scope.register('test_event', () => assert.fail('not called')), refusal);
  assert.throws(() => scope.defineList('test_event'), refusal);
  assert.throws(
    () => scope.verb({ name: 'test.late', summary: 'too late', access: 'read', run: () => 1 }),
    refusal,
  );
  assert.throws(() => scope.child('late'), refusal);
  await assert.rejects(scope.once('test_event'), refusal);
  assert.deepEqual(undone, ['owned', 'deferred']);
  assert.equal(scope.size, 0);
  assert.equal(kernel.verbs.get('test.late'), undefined);
  kernel.eventhandler.invoke('test_event', 'x');
});

test('what cannot be given back is told when all else has been, each by its error', async () => {
  const { scope } = setup();
  const undone: string[] = [];
  scope.defer(() => void undone.push('first'));
  const [one, two] = [new Error('no'), new Error('nor that')];
  scope.defer(() => {
    throw two;
  });
  scope.own({ [Symbol.asyncDispose]: () => Promise.reject(one) });
  await assert.rejects(scope.close(), (error: CarpetError) => {
    assert.deepEqual([error.code, error.message], ['ECLOSE', 'test: giving back what it held failed: no']);
    assert.deepEqual((error.cause as AggregateError).errors, [one, two]);
    return true;
  });
  assert.deepEqual([undone, scope.size], [['first'], 0]);
  const single = setup().scope;
  single.defer(() => Promise.reject(two));
  await assert.rejects(single.close(), { code: 'ECLOSE', cause: two });
});

test('a part that is closed leaves the scope; what is released is waited for, and given back once', async () => {
  const { scope } = setup();
  const { open, gate } = gated();
  await scope.child('part').close();
  assert.equal(scope.size, 0);
  let count = 0;
  const thing = scope.own({
    [Symbol.asyncDispose]: async () => {
      count++;
      await gate;
      throw new Error('no');
    },
  });
  let isOver = false;
  const released = assert.rejects(scope.release(thing), /no/).then(() => (isOver = true));
  await turn();
  assert.equal(isOver, false);
  open();
  await released;
  await scope.close();
  assert.equal(count, 1);
});

test('what is given back by something that closes with the scope is not given back once more', async () => {
  const { scope } = setup();
  const given: string[] = [];
  const thing = (name: string) => ({ [Symbol.asyncDispose]: async () => void given.push(name) });
  const [server, client] = [scope.own(thing('server')), scope.own(thing('client'))];
  scope.defer(() => scope.release(server));
  scope.defer(() => void scope.disown(client));
  await scope.close();
  assert.deepEqual([given, scope.size], [['server'], 0]);
});

test('a scope that is closed waits for its running handlers before it gives back what they use', async () => {
  const { kernel, scope } = setup();
  const { open, gate } = gated();
  const journal: string[] = [];
  scope.defer(() => void journal.push('given back'));
  scope.register('test_event', () => gate.then(() => void journal.push('handled')));
  kernel.eventhandler.invoke('test_event', 'x');
  const closing = scope.close();
  await turn();
  open();
  await closing;
  assert.deepEqual(journal, ['handled', 'given back']);
});

test('what was acquired before a callout is given back when that has ended, and does not run any more', async () => {
  const { clock, kernel, scope } = setup();
  const journal: string[] = [];
  const pause = (ms: number): Promise<unknown> =>
    new Promise((resolve) => kernel.clock.callout('pause', resolve).reset(ms));
  scope.defer(async () => {
    journal.push('given back');
    await pause(50);
  });
  scope.callout('idle', () => void journal.push('too late')).reset(30);
  scope
    .callout('busy', async () => {
      await pause(20);
      journal.push('busy has ended');
    })
    .reset(1);
  await clock.advance(1);
  const closing = scope.close();
  await clock.advance(100);
  await closing;
  assert.deepEqual(journal, ['busy has ended', 'given back']);
});

test('a part’s verbs are the module’s, until it is disposed of', async () => {
  const { kernel, scope } = setup();
  const verb = scope
    .child('part')
    .child('deeper')
    .verb({ name: 'test.look', summary: 'looks', access: 'read', run: () => 1 });
  assert.equal(kernel.verbs.list().find(({ name }) => name === 'test.look')?.module, 'test');
  verb[Symbol.dispose]();
  assert.equal(kernel.verbs.get('test.look'), undefined);
});

test('who waits for an event is told when the scope ends; a scope is disposed of when it is closed', async () => {
  const { kernel, scope } = setup();
  let waiting: Promise<unknown> | undefined;
  let isGivenBack = false;
  {
    await using mine = scope;
    mine.defer(async () => {
      await turn();
      isGivenBack = true;
    });
    waiting = assert.rejects(mine.once('test_event'), { code: 'ECLOSED' });
    const node = mine.sysctl.int('dev.mine', { description: 'mine', value: 3 });
    assert.equal(node.value, 3);
    assert.equal(mine.defineList('test_event').name, 'test_event');
  }
  assert.ok(isGivenBack);
  await waiting;
  assert.equal(kernel.sysctl.get('dev.mine'), undefined);
});

test('closing waits for async callouts that run, and no callout of the scope runs after it', async () => {
  const { clock, kernel, scope } = setup();
  const seen: string[] = [];
  const pause = (ms: number): Promise<unknown> =>
    new Promise((resolve) => kernel.clock.callout('pause', resolve).reset(ms));
  scope
    .callout('held', async () => {
      await pause(20);
      seen.push('held ended');
    })
    .reset(1);
  // A clock's callouts promise nothing by their type; a scope waits for what one returns all the same.
  const loose = (async () => {
    await pause(40);
    seen.push('loose ended');
  }) as () => void;
  scope.clock.callout('loose', loose).reset(1);
  const never = scope.clock.callout('never', () => seen.push('too late'));
  never.reset(30);
  await clock.advance(5);
  const closing = scope.close().then(() => seen.push('closed'));
  await clock.advance(30);
  assert.deepEqual(seen, ['held ended']);
  await clock.advance(30);
  await closing;
  never.reset(1);
  scope.clock.callout('later', () => seen.push('too late')).reset(1);
  assert.equal(clock.armed, 0, 'nothing of a scope that has ended keeps the clock going');
  await clock.advance(30);
  assert.deepEqual(seen, ['held ended', 'loose ended', 'closed']);
  assert.equal(clock.armed, 0);
});

test('a module’s injected clock tells the kernel’s time', async () => {
  const { clock, kernel } = setup();
  @Module({ name: 'timely' })
  class Timely {
    constructor(@inject(Clock) readonly clock: Clock) {}
  }
  const { clock: own } = await kernel.load(Timely);
  await clock.advance(17);
  assert.deepEqual([own.now(), own.wallTime(), own.armed], [17, clock.wallTime(), 0]);
});
