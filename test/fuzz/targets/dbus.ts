import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CarpetError } from '../../../core/index.js';
import {
  decodeMessage,
  encodeCall,
  METHOD_CALL,
  messageLength,
} from '../../../modules/host/sleep/dbus/message.js';
import { corpusBytes } from '../corpus.js';
import { mutants } from '../mutation.js';
import { type FuzzTarget, fuzzProperty } from '../target.js';

const text = fc.string({ unit: fc.constantFrom('a', '.', '/', 'é', '\0', '“'), maxLength: 40 });
const call = fc.record({
  destination: text,
  path: text,
  interface: text,
  member: text,
  body: fc.array(text, { maxLength: 5 }),
});

function readsBack(made: Parameters<typeof encodeCall>[0]): void {
  const bytes = encodeCall(made, 7);
  assert.equal(messageLength(bytes), bytes.length);
  const { type, path, member, body } = decodeMessage(bytes);
  assert.deepEqual([type, path, member, body], [METHOD_CALL, made.path, made.member, made.body]);
  assert.equal(decodeMessage(bytes).interface, made.interface);
}

/** As the connection reads a stream: one message after another, each as long as it says, or the end of the connection. */
function survives(received: Uint8Array): void {
  let rest = Buffer.from(received);
  try {
    for (
      let length = messageLength(rest);
      length !== undefined && length <= rest.length;
      length = messageLength(rest)
    ) {
      const { body, path } = decodeMessage(rest.subarray(0, length));
      assert.ok(body.length <= length && path.length <= length);
      rest = rest.subarray(length);
    }
  } catch (error) {
    assert.ok(error instanceof RangeError || error instanceof CarpetError, String(error));
  }
}

export const target: FuzzTarget = {
  about: 'messages of the D-Bus, against those that were encoded',
  open: () => ({
    properties: {
      calls: fuzzProperty({ input: call, check: readsBack, usual: 500 }),
      any: fuzzProperty({
        input: mutants(corpusBytes('dbus'), { maxLength: 600 }),
        check: survives,
        usual: 3000,
      }),
    },
  }),
};
