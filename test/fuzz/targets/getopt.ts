import assert from 'node:assert/strict';
import fc from 'fast-check';
import { getopt, type OptionSpec } from '../../../modules/cli/getopt.js';
import { UCARP_OPTIONS } from '../../../modules/cli/ucarp-options.js';
import { needs } from '../../support/needs.js';
import { corpusTexts } from '../corpus.js';
import { Glibc } from '../glibc-getopt.js';
import { mutantTexts } from '../mutation.js';
import { type FuzzTarget, fuzzProperty } from '../target.js';

/** Those of ucarp: of our own, glibc would take beginnings too. */
const SPECS = UCARP_OPTIONS.filter(({ short }) => short !== undefined);
const PIECES = [
  '-',
  '--',
  '=',
  ...SPECS.flatMap(({ short, long }) => [`-${short}`, `--${long}`, long.slice(0, 3)]),
];
/** What separates arguments in the texts of the corpus. */
const BETWEEN = '\n';

const made = fc.array(
  fc
    .array(fc.constantFrom(...PIECES, '1', 'x', ' ', ''), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('')),
  { maxLength: 6 },
);
const changed = mutantTexts(corpusTexts('getopt'), { tokens: [...PIECES, BETWEEN], maxLength: 120 }).map(
  (text) => text.replaceAll('\0', '').split(BETWEEN),
);

/** Both read the same options, or both find a mistake. */
function sameAs(glibc: Glibc, specs: readonly OptionSpec[], args: readonly string[]): void {
  let ours: string[] | undefined;
  try {
    ours = getopt(args, specs).map(({ name, value }) => `${name}=${value}`);
  } catch (error) {
    assert.equal((error as Error).name, 'UsageError', String(error));
  }
  assert.deepEqual(ours, glibc.read(args), JSON.stringify(args));
}

export const target: FuzzTarget = {
  about: "the options of carpet ucarp, against the C library's getopt_long",
  open: () => {
    const skip = needs('native');
    const glibc = skip === false ? new Glibc(SPECS) : undefined;
    const check = (args: readonly string[]): void => sameAs(glibc!, SPECS, args);
    return {
      properties: {
        made: fuzzProperty({ input: made, check, usual: 1000, skip }),
        corpus: fuzzProperty({ input: changed, check, usual: 1000, skip }),
      },
    };
  },
};
