/**
 * The parser against texts made by the rules of the grammar, and against mutations of them (and of a corpus, when
 * CARPET_FUZZ_CORPUS names its folder): it never throws, and what it accepts it prints as the same statements.
 */
import { describe, it } from 'node:test';
import { fuzzShortly } from './short.js';
import { target } from './targets/devd-conf.js';
import { target as grammar } from './targets/devd-grammar.js';

const timeout = 120_000;

describe('the parser of devd.conf', () => {
  it('accepts whatever the grammar makes, and prints it back', { timeout }, () =>
    fuzzShortly(target, 'grammar'),
  );
  it('survives every mutation', { timeout }, () => fuzzShortly(target, 'mutations'));
  it('survives the mutations of what was interesting', { timeout }, () => fuzzShortly(target, 'corpus'));
  it("reads a soup of tokens as FreeBSD's grammar does", { timeout }, () => fuzzShortly(grammar, 'soup'));
  it('survives any text', { timeout }, () => fuzzShortly(target, 'any'));

  const skip =
    process.env['CARPET_FUZZ_CORPUS'] === undefined &&
    'needs CARPET_FUZZ_CORPUS, a folder of devd.conf files';
  it('survives the mutation of a corpus', { skip, timeout: 600_000 }, () => fuzzShortly(target, 'folder'));
});
