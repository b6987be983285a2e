import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MessageReader } from '../../../modules/upgrade/reader.js';
import { corpusTexts } from '../corpus.js';
import { mutantTexts } from '../mutation.js';
import { type FuzzTarget, fuzzProperty } from '../target.js';

const LIMIT = 200;

/** In pieces it is the same as at once, and the same as JSON.parse of its lines up to the first mistake. */
function sameInPieces([text, cuts]: readonly [string, readonly number[]]): void {
  const bytes = Buffer.from(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  const pieces = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
  const [whole, parts] = [[bytes], pieces].map(read);
  assert.deepEqual(parts, whole);
  const lines = text.split('\n').slice(0, whole!.messages.length);
  assert.deepEqual(
    whole!.messages.map(({ type }) => type),
    lines.map((line) => JSON.parse(line).type),
  );
}

function read(pieces: readonly Buffer[]) {
  const reader = new MessageReader(LIMIT);
  for (const piece of pieces) reader.put(piece);
  const messages = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) messages.push(next);
  return { messages, fault: reader.fault };
}

const TOKENS = [
  '\n',
  '{"type":"running"}\n',
  '"type":',
  '{',
  '}',
  '"states":{}',
  '\\u0000',
  '__proto__',
  '1e999',
];

export const target: FuzzTarget = {
  about: 'the conversation of an upgrade, in pieces against at once',
  open: () => ({
    properties: {
      lines: fuzzProperty({
        input: fc.tuple(
          mutantTexts(corpusTexts('upgrade'), { tokens: TOKENS, maxLength: 500 }),
          fc.array(fc.nat(500), { maxLength: 4 }),
        ),
        check: sameInPieces,
        usual: 1000,
      }),
    },
  }),
};
