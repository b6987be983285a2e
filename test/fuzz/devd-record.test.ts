/** The record reader against anything a device can say about itself, and against broken records. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readRecord } from '../../modules/devd/index.js';
import { fuzzRuns } from './runs.js';

const key = fc
  .stringMatching(/^[A-Za-z0-9_-]{1,8}$/)
  .filter((name) => !['_', 'timestamp', 'device-name', 'bus'].includes(name));
const value = fc.string({ unit: fc.constantFrom(...Array.from('ab "\\\'$`=;\n\t#é')), maxLength: 12 });
const quote = (text: string): string => `"${text.replaceAll(/[\\"]/g, '\\$&')}"`;
const options = fc.record({ faithful: fc.boolean(), time: fc.double({ min: 0, max: 4e12, noNaN: true }) });

describe('the reader of records', () => {
  it('gives back what was quoted, whatever it is', { timeout: 60_000 }, () => {
    const pairs = fc.dictionary(key, value, { maxKeys: 6 });
    fc.assert(
      fc.property(pairs, fc.constantFrom('!', '+dev0 at ', '? at '), (given, head) => {
        const line =
          head +
          Object.entries(given)
            .map(([name, text]) => `${name}=${quote(text)}`)
            .join(' ');
        const { variables } = readRecord(`${line}${head === '!' ? '' : ' on bus0'}\n`);
        for (const [name, text] of Object.entries(given)) assert.equal(variables.get(name), text, line);
        if (head !== '!') assert.equal(variables.get('bus'), 'bus0');
      }),
      { numRuns: fuzzRuns(500) },
    );
  });

  it('reads as FreeBSD does wherever the two ways cannot differ', { timeout: 60_000 }, () => {
    const plain = fc.stringMatching(/^[A-Za-z0-9.:/=-]{1,8}$/);
    fc.assert(
      fc.property(fc.dictionary(key, plain, { minKeys: 1, maxKeys: 6 }), (given) => {
        const line = `!${Object.entries(given)
          .map((pair) => pair.join('='))
          .join(' ')}`;
        assert.deepEqual(readRecord(line).variables, readRecord(line, { faithful: true }).variables);
      }),
      { numRuns: fuzzRuns(300) },
    );
  });

  it('survives anything', { timeout: 60_000 }, () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(fc.constantFrom('!', '+', '-', '?', ' ', 'a', '=', '"', '\\', ' at ', ' on ', '\n', '\0'), {
          maxLength: 40,
        })
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, options, (line, how) => {
        const { variables } = readRecord(line, how);
        assert.equal(typeof variables.get('_'), 'string');
      }),
      { numRuns: fuzzRuns(1500) },
    );
  });

  it('takes time in proportion to the length', { timeout: 5000 }, () => {
    for (const part of ['a=1 ', '"', 'a="', '\\', ' ', '=', 'a="\\"']) readRecord(`!${part.repeat(100_000)}`);
  });
});
