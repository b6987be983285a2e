import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_STATES } from '../../../modules/upgrade/protocol.js';
import { MessageReader } from '../../../modules/upgrade/reader.js';

const put = (reader: MessageReader, ...pieces: string[]): void =>
  pieces.forEach((piece) => reader.put(Buffer.from(piece)));

test('messages come whole, however they were cut', () => {
  const reader = new MessageReader(1000);
  put(reader, '{"type":"run', 'ning"', '}', '\n{"type":"given"}\n{"type":');
  assert.equal(reader.waiting, 2);
  assert.deepEqual(
    [reader.next(), reader.next(), reader.next()],
    [{ type: 'running' }, { type: 'given' }, undefined],
  );
  put(reader, '"given"}\n');
  assert.deepEqual(reader.next(), { type: 'given' });
  assert.equal(reader.fault, undefined);
});

const FAULTS: readonly (readonly [what: string, pieces: readonly string[], fault: string])[] = [
  ['what is no JSON', ['garbage\n'], 'it sent what is no message of an upgrade: "garbage"'],
  ['an empty line', ['\n'], 'it sent what is no message of an upgrade: ""'],
  [
    'a message of no known type',
    ['{"type":"x"}\n'],
    'it sent what is no message of an upgrade: "{\\"type\\":\\"x\\"}"',
  ],
  [
    'a message that is too long',
    ['x'.repeat(600), 'x'.repeat(600)],
    'it sent a message of more than 0.000954 MiB',
  ],
  ['one that is too long and ends', [`${'x'.repeat(1001)}\n`], 'it sent a message of more than 0.000954 MiB'],
];

for (const [what, pieces, fault] of FAULTS)
  test(`${what} ends it: nothing that follows counts`, () => {
    const reader = new MessageReader(1000);
    put(reader, '{"type":"given"}\n', ...pieces, '{"type":"running"}\n', '\n{"type":"running"}\n');
    assert.deepEqual([reader.next(), reader.next()], [{ type: 'given' }, undefined]);
    assert.equal(reader.fault, fault);
  });

test('more messages than an upgrade has end it', () => {
  const reader = new MessageReader(1000);
  put(reader, '{"type":"running"}\n'.repeat(9));
  assert.equal(reader.fault, 'it sends more than an upgrade consists of');
  assert.equal(reader.waiting, 8);
});

test('the state of a thousand vhids fits, and not much more', () => {
  assert.ok(MAX_STATES > 64 * 1024 * 1020 && MAX_STATES < 128 * 1024 * 1024, String(MAX_STATES));
});
