/** Events that code waits for, and handlers with an order and a time limit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventHandlerRegistry, Kernel, type KernelFault, Scope, VirtualClock } from '../../../core/index.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    waiting_test(n: number, text: string): void;
  }
}

const handlers = (eh: EventHandlerRegistry): number =>
  eh.lists().reduce((sum, { entries }) => sum + entries.length, 0);

test('once gives the next event, until the first that fits', async () => {
  const eh = new EventHandlerRegistry();
  const next = eh.once('waiting_test');
  const third = eh.until('waiting_test', (n) => n === 3);
  const failing = assert.rejects(
    eh.until('waiting_test', () => {
      throw new Error('bad filter');
    }),
    { message: 'bad filter' },
  );
  for (const n of [1, 2, 3, 4]) eh.invoke('waiting_test', n, `no. ${n}`);
  assert.deepEqual(await next, [1, 'no. 1']);
  const [n, text]: [number, string] = await third;
  assert.deepEqual([n, text], [3, 'no. 3']);
  await failing;
  assert.equal(handlers(eh), 0);
});

test('the wait ends with its signal, with the list’s handlers, and with the scope', async () => {
  const kernel = new Kernel();
  const { eventhandler: eh } = kernel;
  const controller = new AbortController();
  const given = assert.rejects(eh.once('waiting_test', { signal: controller.signal }), { message: 'enough' });
  controller.abort(new Error('enough'));
  await given;
  await assert.rejects(eh.once('waiting_test', { signal: controller.signal }), { message: 'enough' });
  const removed = assert.rejects(eh.once('waiting_test'), { code: 'ECLOSED' });
  eh.deregisterNowait('waiting_test', null);
  await removed;
  const scope = new Scope('test', kernel);
  const closed = assert.rejects(
    scope.until('waiting_test', () => true),
    { code: 'ECLOSED' },
  );
  const read = assert.rejects(scope.events('waiting_test').next(), { code: 'ECLOSED' });
  assert.equal(scope.size, 2);
  await scope.close();
  await closed;
  await read;
  assert.equal(handlers(eh), 0);
});

test('events iterates over all of them, in order, to the break', async () => {
  const eh = new EventHandlerRegistry();
  const events = eh.events('waiting_test');
  for (const n of [1, 2, 3]) eh.invoke('waiting_test', n, '');
  const seen: number[] = [];
  for await (const [n] of events) {
    seen.push(n);
    if (n === 2) setImmediate(() => eh.invoke('waiting_test', 4, ''));
    if (n === 4) break;
  }
  assert.deepEqual(seen, [1, 2, 3, 4]);
  assert.equal(handlers(eh), 0);
  assert.deepEqual(await events.next(), { value: undefined, done: true });
});

test('a reader that is too slow learns so, after what it has missed nothing of', async () => {
  const eh = new EventHandlerRegistry();
  const events = eh.events('waiting_test', { limit: 2 });
  for (const n of [1, 2, 3]) eh.invoke('waiting_test', n, '');
  const seen: number[] = [];
  await assert.rejects(
    async () => {
      for await (const [n] of events) seen.push(n);
    },
    { code: 'EOVERFLOW', message: 'waiting_test: more than 2 events wait to be read' },
  );
  assert.deepEqual(seen, [1, 2]);
  assert.equal(handlers(eh), 0);
});

test('the iteration ends with its signal’s reason, once', async () => {
  const eh = new EventHandlerRegistry();
  const controller = new AbortController();
  const events = eh.events('waiting_test', { signal: controller.signal });
  const reading = events.next();
  controller.abort(new Error('enough'));
  await assert.rejects(reading, { message: 'enough' });
  const late = eh.events('waiting_test');
  eh.deregisterNowait('waiting_test', null);
  await assert.rejects(late.next(), { code: 'ECLOSED' });
  assert.deepEqual(await late.next(), { value: undefined, done: true });
});

test('who leaves the iteration gets nothing more: neither what is unread, nor an error, nor the wait for more', async () => {
  const eh = new EventHandlerRegistry();
  const end = { value: undefined, done: true };
  const unread = eh.events('waiting_test');
  eh.invoke('waiting_test', 1, '');
  assert.deepEqual(await unread.return!(), end);
  assert.deepEqual(await unread.next(), end);
  const failed = eh.events('waiting_test', { limit: 1 });
  for (const n of [1, 2]) eh.invoke('waiting_test', n, '');
  await failed.return!();
  assert.deepEqual(await failed.next(), end);
  const waiting = eh.events('waiting_test');
  const next = waiting.next();
  await waiting.return!();
  assert.deepEqual(await next, end);
  assert.equal(handlers(eh), 0);
});

test('serial calls do not overlap, keep their order, and go on after one that failed', async () => {
  const errors: string[] = [];
  const eh = new EventHandlerRegistry({ onError: ({ message }) => void errors.push(message) });
  const journal: string[] = [];
  const tag = eh.register('waiting_test', {
    serial: true,
    name: 'slow',
    async handler(n) {
      journal.push(`begin ${n}`);
      for (let i = 0; i < 5 - n; i++) await new Promise((resolve) => setImmediate(resolve));
      journal.push(`end ${n}`);
      if (n === 2) throw new Error('two');
    },
  });
  for (const n of [1, 2, 3]) eh.invoke('waiting_test', n, '');
  await eh.deregister('waiting_test', tag);
  assert.deepEqual(journal, ['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3']);
  assert.deepEqual(errors, ['waiting_test: handler slow (priority 10000) failed: two']);
});

test('a call that exceeds its timeout counts as failed, and is not waited for', async () => {
  const clock = new VirtualClock();
  const faults: KernelFault[] = [];
  const { eventhandler: eh } = new Kernel({ clock, onError: (error) => void faults.push(error) });
  const tag = eh.register('waiting_test', {
    timeout: 100,
    name: 'hangs',
    handler: () => new Promise(() => {}),
  });
  const invoked = eh.invokeAsync('waiting_test', 1, '');
  eh.invoke('waiting_test', 2, '');
  await clock.advance(100);
  await invoked;
  await eh.deregister('waiting_test', tag);
  const message = 'waiting_test: handler hangs (priority 10000) failed: it takes longer than 100 ms';
  assert.deepEqual(
    faults.map((error) => error.message),
    [message, message],
  );
  assert.equal(clock.armed, 0);
});
