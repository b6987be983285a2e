import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel, MessageBuffer } from '../../../core/index.js';

const record = (message: string) => ({ level: 'info', time: 0, module: 'm', message }) as const;

test('the message buffer keeps the newest records, in order', () => {
  const buffer = new MessageBuffer(3);
  for (let i = 0; i < 10; i++) {
    buffer.add(record(String(i)));
    const kept = buffer.list().map(({ message }) => Number(message));
    assert.deepEqual(
      kept,
      [i - 2, i - 1, i].filter((n) => n >= 0),
    );
  }
});

test('a kernel keeps what it logs, with and without a sink, and tells whoever listens', async () => {
  const sunk: string[] = [];
  for (const log of [undefined, ({ message }: { message: string }) => void sunk.push(message)]) {
    await using kernel = new Kernel(log === undefined ? {} : { log });
    const heard: string[] = [];
    const listening = kernel.messages.onRecord(({ message }) => heard.push(message));
    kernel.log.child('x').notice('one');
    listening[Symbol.dispose]();
    kernel.log.notice('two');
    assert.deepEqual(heard, ['one']);
    assert.deepEqual(
      kernel.messages.list().map(({ module, message }) => `${module}: ${message}`),
      ['x: one', 'kernel: two'],
    );
  }
  assert.deepEqual(sunk, ['one', 'two']);
});

test('a listener that fails fails neither whoever logs nor the other listeners, and is not called again', async () => {
  const sunk: string[] = [];
  await using kernel = new Kernel({ log: ({ message }) => void sunk.push(message) });
  let calls = 0;
  kernel.messages.onRecord(() => {
    calls++;
    throw new Error('no paper');
  });
  const heard: string[] = [];
  kernel.messages.onRecord(({ message }) => heard.push(message));
  kernel.log.notice('one');
  kernel.log.notice('two');
  assert.equal(calls, 1);
  assert.deepEqual(sunk, ['one', 'two']);
  const failure = 'a listener of log records failed, and gets no more: no paper';
  assert.deepEqual(heard.toSorted(), [failure, 'one', 'two']);
  assert.deepEqual(
    kernel.messages.list().map(({ message }) => message),
    ['one', failure, 'two'],
  );
});
