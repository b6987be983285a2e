/** The record reader against anything a device can say about itself, and against broken records. */
import { describe, it } from 'node:test';
import { readRecord } from '../../modules/devd/index.js';
import { fuzzShortly } from './short.js';
import { target } from './targets/devd-record.js';

const timeout = 60_000;

describe('the reader of records', () => {
  it('gives back what was quoted, whatever it is', { timeout }, () => fuzzShortly(target, 'quoted'));
  it('reads as FreeBSD does wherever the two ways cannot differ', { timeout }, () =>
    fuzzShortly(target, 'plain'),
  );
  it('survives anything', { timeout }, () => fuzzShortly(target, 'any'));
  it('survives what is like real records', { timeout }, () => fuzzShortly(target, 'corpus'));

  it('takes time in proportion to the length', { timeout: 5000 }, () => {
    for (const part of ['a=1 ', '"', 'a="', '\\', ' ', '=', 'a="\\"']) readRecord(`!${part.repeat(100_000)}`);
  });
});
