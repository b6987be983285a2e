import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock, EventHandler, inject, Kernel, Module, Scope, VirtualClock } from '../../../core/index.js';
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
  const { scope } = setup();
  await scope.close();
  const undone: string[] = [];
  const refusal = { code: 'ECLOSED', message: 'test is being unloaded and can acquire nothing more' };
  assert.throws(() => scope.own({ [Symbol.dispose]: () => void undone.push('owned') }), refusal);
  assert.throws(() => scope.defer(() => void undone.push('deferred')), refusal);
  assert.throws(() => scope.callout('x', () => {}), refusal);
  assert.deepEqual(undone, ['owned', 'deferred']);
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
