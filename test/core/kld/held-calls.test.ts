/** The calls that wait while a module is reloaded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { EventHandler, type Json, Kernel, type LogRecord, Module } from '../../../core/index.js';
import { gated } from '../../support/gate.js';

declare module '../../../core/index.js' {
  interface EventHandlers {
    held_one(n: number): void;
    held_two(n: number): void;
  }
}

/** A version of a module whose start waits for the gate. */
function version(gate: Promise<void>, fails = false) {
  @Module({ name: 'notes' })
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
