/** Random expressions: JavaScript's engine says the same as ours, and grep -E in the C locale says so too. */
import { describe, it } from 'node:test';
import { needs } from '../support/needs.js';
import { fuzzShortly } from './short.js';
import { target } from './targets/devd-ere.js';

describe('an extended expression', () => {
  it('is the same to the engine of JavaScript', { timeout: 60_000 }, () => fuzzShortly(target, 'javascript'));

  it('is the same to grep', { skip: needs('program:grep'), timeout: 120_000 }, () =>
    fuzzShortly(target, 'grep'),
  );

  it('is compiled or refused by name, whatever it is', { timeout: 60_000 }, () => fuzzShortly(target, 'any'));
});
