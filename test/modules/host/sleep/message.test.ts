/** D-Bus messages: what logind sent, and what nobody should. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeMessage,
  encodeCall,
  METHOD_CALL,
  messageLength,
} from '../../../../modules/host/sleep/dbus/message.js';

const CALL = {
  destination: 'org.freedesktop.login1',
  path: '/org/freedesktop/login1',
  interface: 'org.freedesktop.login1.Manager',
  member: 'Inhibit',
  body: ['sleep', 'carpet', 'handlers — of “power_suspend”', ''],
};

test('a call has the length that it says, and is read back', () => {
  for (let length = 0; length < 20; length++) {
    const call = { ...CALL, body: ['x'.repeat(length), ...CALL.body] };
    const bytes = encodeCall(call, 7);
    assert.equal(messageLength(bytes), bytes.length);
    const { type, path, member, body } = decodeMessage(bytes);
    assert.deepEqual([type, path, member, body], [METHOD_CALL, call.path, call.member, call.body]);
  }
});

test('a message is not begun before its length is known', () => {
  const bytes = encodeCall(CALL, 7);
  assert.equal(messageLength(bytes.subarray(0, 15)), undefined);
  assert.equal(messageLength(bytes.subarray(0, 16)), bytes.length);
  bytes.writeUInt32LE(2 ** 31, 4);
  assert.throws(() => messageLength(bytes), /bytes in one message/);
  assert.throws(() => messageLength(Buffer.alloc(16)), /something else than a message/);
});

test('bytes that were changed are read, or refused with an error', () => {
  const whole = encodeCall(CALL, 7);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 5 }), (changes) => {
      const bytes = Buffer.from(whole);
      for (const [at, value] of changes) bytes[at] = value;
      try {
        if (messageLength(bytes) === bytes.length) decodeMessage(bytes);
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }),
    { numRuns: 500 },
  );
});
