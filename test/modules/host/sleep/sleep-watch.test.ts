/** The lock that delays a sleep: when it is held, and what becomes of it when the manager fails. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { EventHandlerRegistry, Log, Sysctl, VirtualClock } from '../../../../core/index.js';
import { type SleepListener, SleepWatch } from '../../../../modules/host/sleep/sleep-watch.js';

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

function watching(t: TestContext) {
  const clock = new VirtualClock();
  const eventhandler = new EventHandlerRegistry();
  const manager = {
    connections: 0,
    locks: 0,
    taken: 0,
    fails: false,
    slow: undefined as Promise<void> | undefined,
  };
  const events: string[] = [];
  let report!: SleepListener;
  const watch = new SleepWatch({
    connect: (given) => {
      report = given;
      if (manager.fails) return Promise.reject(new Error('no bus'));
      manager.connections++;
      return Promise.resolve({
        inhibit: async () => {
          await manager.slow;
          manager.locks++;
          manager.taken++;
          return { [Symbol.dispose]: () => void manager.locks-- };
        },
        [Symbol.dispose]: () => void manager.connections--,
      });
    },
    sleepState: () => 3,
    suspend: eventhandler.defineList('power_suspend'),
    sleep: eventhandler.defineList('acpi_sleep_event'),
    wakeup: eventhandler.defineList('acpi_wakeup_event'),
    count: new Sysctl().counter('host.sleeps', ''),
    callout: (name, fn) => clock.callout(name, fn),
    now: () => clock.now(),
    log: new Log(() => {}, clock),
  });
  t.after(() => watch[Symbol.dispose]());
  eventhandler.register('acpi_sleep_event', (state) => void events.push(`sleep ${state}`));
  eventhandler.register('acpi_wakeup_event', (state) => void events.push(`wakeup ${state}`));
  return { clock, eventhandler, manager, events, watch, report: () => report };
}

test('the lock is held until the handlers are done, and taken again afterwards', async (t) => {
  const { eventhandler, manager, events, watch, report } = watching(t);
  const prepared = deferred();
  eventhandler.register('power_suspend', () => prepared.promise);
  await watch.start();
  assert.equal(manager.locks, 1);
  report().prepareForSleep(true);
  await turn();
  assert.deepEqual([manager.locks, events], [1, []]);
  prepared.resolve();
  await turn();
  assert.deepEqual([manager.locks, events], [0, ['sleep 3']]);
  report().prepareForSleep(false);
  await turn();
  assert.deepEqual([manager.locks, events], [1, ['sleep 3', 'wakeup 3']]);
});

test('a handler that does not end delays one sleep, and none of those to come', async (t) => {
  const { eventhandler, manager, watch, report } = watching(t);
  const [first, second] = [deferred(), deferred()];
  let sleeps = 0;
  eventhandler.register('power_suspend', () => (++sleeps === 1 ? first : second).promise);
  await watch.start();
  report().prepareForSleep(true);
  await turn();
  report().prepareForSleep(false);
  await turn();
  assert.equal(manager.locks, 1, 'for the next sleep alone');
  report().prepareForSleep(true);
  await turn();
  first.resolve();
  await turn();
  assert.equal(manager.locks, 1, 'the handlers of the second sleep still run');
  second.resolve();
  await turn();
  assert.equal(manager.locks, 0);
});

test('a connection that is lost while handlers run leaves no lock', async (t) => {
  const { eventhandler, manager, watch, report } = watching(t);
  eventhandler.register('power_suspend', () => new Promise<void>(() => {}));
  await watch.start();
  report().prepareForSleep(true);
  await turn();
  report().lost(new Error('gone'));
  assert.deepEqual([manager.locks, manager.connections], [0, 0]);
});

test('a connection that is lost during a sleep ends it, whether or not there is another one', async (t) => {
  for (const fails of [false, true]) {
    const { clock, manager, events, watch, report } = watching(t);
    await watch.start();
    report().prepareForSleep(true);
    await turn();
    manager.fails = fails;
    report().lost(new Error('gone'));
    await clock.advance(4999);
    assert.deepEqual(events, ['sleep 3']);
    await clock.advance(10_000);
    assert.deepEqual(events, ['sleep 3', 'wakeup 3']);
    assert.equal(manager.locks, fails ? 0 : 1);
  }
});

test('a wake-up without a sleep, as of another that was under way at the start, is none', async (t) => {
  const { manager, events, watch, report } = watching(t);
  await watch.start();
  report().prepareForSleep(false);
  await turn();
  assert.deepEqual([manager.locks, events], [1, []]);
});

test('a lock that comes when a sleep has begun, or the watch has ended, is given back', async (t) => {
  const { manager, watch, report } = watching(t);
  await watch.start();
  const slow = deferred();
  manager.slow = slow.promise;
  report().restarted();
  report().prepareForSleep(true);
  await turn();
  slow.resolve();
  await turn();
  assert.equal(manager.locks, 0);

  const slower = deferred();
  manager.slow = slower.promise;
  report().prepareForSleep(false);
  watch[Symbol.dispose]();
  slower.resolve();
  await turn();
  assert.deepEqual([manager.locks, manager.connections], [0, 0]);
});

test('a manager that was started again is asked again', async (t) => {
  const { manager, watch, report } = watching(t);
  await watch.start();
  report().restarted();
  await turn();
  assert.deepEqual([manager.taken, manager.locks], [2, 1]); // the old one is closed
});

test('a connection that has lasted is made anew at once, and again five seconds after that if it is lost once more', async (t) => {
  const { clock, manager, watch, report } = watching(t);
  await watch.start();
  await clock.advance(60_000);
  report().lost(new Error('reset'));
  await clock.advance(0);
  assert.deepEqual([manager.locks, manager.connections], [1, 1]);
  report().lost(new Error('reset'));
  await clock.advance(4999);
  assert.equal(manager.connections, 0);
  await clock.advance(1);
  assert.deepEqual([manager.locks, manager.connections], [1, 1]);
});

test('a connection that is lost is tried for every five seconds, and not after the end', async (t) => {
  const { clock, manager, watch, report } = watching(t);
  await watch.start();
  manager.fails = true;
  report().lost(new Error('reset'));
  assert.deepEqual([manager.locks, manager.connections], [0, 0]);
  await clock.advance(12_000);
  manager.fails = false;
  await clock.advance(2999);
  assert.equal(manager.connections, 0);
  await clock.advance(1);
  assert.deepEqual([manager.locks, manager.connections], [1, 1]);
  report().lost(new Error('reset'));
  watch[Symbol.dispose]();
  await clock.advance(60_000);
  assert.deepEqual([manager.locks, manager.connections], [0, 0]);
});
