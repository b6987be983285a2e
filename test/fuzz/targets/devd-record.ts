import assert from 'node:assert/strict';
import fc from 'fast-check';
import { actionEnvironment } from '../../../modules/devd/actions/index.js';
import { readRecord } from '../../../modules/devd/index.js';
import { corpusTexts } from '../corpus.js';
import { mutantTexts } from '../mutation.js';
import { type FuzzTarget, fuzzProperty } from '../target.js';

const key = fc
  .stringMatching(/^[A-Za-z0-9_-]{1,8}$/)
  .filter((name) => !['_', 'timestamp', 'device-name', 'bus'].includes(name));
const value = fc.string({ unit: fc.constantFrom(...Array.from('ab "\\\'$`=;\n\t#é')), maxLength: 12 });
const quote = (text: string): string => `"${text.replaceAll(/[\\"]/g, '\\$&')}"`;
const options = fc.record({ faithful: fc.boolean(), time: fc.double({ min: 0, max: 4e12, noNaN: true }) });

const plain = fc.stringMatching(/^[A-Za-z0-9.:/=-]{1,8}$/);
const heads = fc.constantFrom('!', '+dev0 at ', '? at ');

function givesBack([given, head]: readonly [Readonly<Record<string, string>>, string]): void {
  const line =
    head +
    Object.entries(given)
      .map(([name, text]) => `${name}=${quote(text)}`)
      .join(' ');
  const { variables } = readRecord(`${line}${head === '!' ? '' : ' on bus0'}\n`);
  for (const [name, text] of Object.entries(given)) assert.equal(variables.get(name), text, line);
  if (head !== '!') assert.equal(variables.get('bus'), 'bus0');
}

function asFreebsd(given: Readonly<Record<string, string>>): void {
  const line = `!${Object.entries(given)
    .map((pair) => pair.join('='))
    .join(' ')}`;
  assert.deepEqual(readRecord(line).variables, readRecord(line, { faithful: true }).variables);
}

/** Whatever it is: variables are texts, and the environment of an action is names and texts without NUL bytes. */
function survives([line, how]: readonly [string, { faithful: boolean; time: number }]): void {
  const { variables } = readRecord(line, how);
  assert.equal(typeof variables.get('_'), 'string');
  for (const [name, text] of Object.entries(actionEnvironment(variables, {}))) {
    assert.match(name, /^[A-Z_][A-Z0-9_]*$/);
    assert.ok(!text.includes('\0'), name);
  }
}

const broken = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(fc.constantFrom('!', '+', '-', '?', ' ', 'a', '=', '"', '\\', ' at ', ' on ', '\n', '\0'), {
      maxLength: 40,
    })
    .map((parts) => parts.join('')),
);
const PIECES = [' ', '=', '"', '\\', ' at ', ' on ', '\n', '\0', 'system=', 'PATH=', '_=', '\u00a0'];

export const target: FuzzTarget = {
  about: 'records of devctl, against what was quoted, and the environment of actions made of them',
  open: () => ({
    properties: {
      quoted: fuzzProperty({
        input: fc.tuple(fc.dictionary(key, value, { maxKeys: 6 }), heads),
        check: givesBack,
        usual: 500,
      }),
      plain: fuzzProperty({
        input: fc.dictionary(key, plain, { minKeys: 1, maxKeys: 6 }),
        check: asFreebsd,
        usual: 300,
      }),
      any: fuzzProperty({ input: fc.tuple(broken, options), check: survives, usual: 1500 }),
      corpus: fuzzProperty({
        input: fc.tuple(mutantTexts(corpusTexts('devd-record'), { tokens: PIECES, maxLength: 400 }), options),
        check: survives,
        usual: 1000,
      }),
    },
  }),
};
