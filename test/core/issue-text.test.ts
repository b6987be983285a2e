/** What a schema refuses, in plain words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { issueText } from '../../core/issue-text.js';

async function texts(schema: v.GenericSchema, given: unknown): Promise<string[]> {
  const { issues = [] } = await schema['~standard'].validate(given);
  return issues.map(issueText);
}

const delta = v.pipe(v.number(), v.integer(), v.minValue(-255), v.maxValue(255));
const reason = v.pipe(v.string(), v.nonEmpty(), v.maxLength(3));

for (const [schema, given, ...expected] of [
  [v.strictObject({ delta }), { delta: 'abc' }, 'delta: expected a number, not "abc"'],
  [delta, -256.5, 'expected a whole number, not -256.5', 'expected -255 or more, not -256.5'],
  [delta, 256, 'expected 255 or less, not 256'],
  [reason, '', 'must not be empty'],
  [reason, 'four', 'expected a length of 3 or less, not 4'],
  [reason, 5, 'expected a text, not 5'],
  [v.strictObject({ delta }), {}, 'delta: is missing'],
  [v.strictObject({}), { speed: 1 }, 'speed: is not known here'],
  [v.picklist(['up', 'down']), 'left', 'expected "up" or "down", not "left"'],
  [v.union([v.number(), v.boolean()]), 'x', 'expected a number or true or false, not "x"'],
  [v.array(v.array(v.number())), [[1, 'x']], '0.1: expected a number, not "x"'],
  [
    v.pipe(
      v.string(),
      v.check(() => false, 'is odd'),
    ),
    'x',
    'is odd',
  ],
] as const)
  test(`${JSON.stringify(given)} is refused: ${expected.join('; ')}`, async () => {
    assert.deepEqual(await texts(schema, given), expected);
  });
