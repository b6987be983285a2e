import fc from 'fast-check';
import { corpusTexts } from '../corpus.js';
import { mutantTexts } from '../mutation.js';
import { type FuzzTarget, fuzzProperty } from '../target.js';
import { checkReading, file, mutant, TOKENS } from './devd-conf.js';

const check = (text: string): void => void checkReading(text);
/** Pieces that make much of little: what is a token, a comment or a stray depends on the characters beside. */
const soup = fc
  .array(
    fc.constantFrom(
      ...TOKENS,
      'options {',
      'set a "b";',
      'action "x";',
      '};',
      ' ',
      '1',
      '"a"',
      '"a\\\n\r\v b\\\n"',
      '0'.repeat(30),
      '9'.repeat(19),
      '/',
      '*',
      '-',
      '\\',
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''));

export const target: FuzzTarget = {
  about: "devd.conf, against a second reading by FreeBSD's grammar and nothing else: fast",
  open: () => ({
    properties: {
      grammar: fuzzProperty({ input: file, check, usual: 300 }),
      mutations: fuzzProperty({ input: mutant, check, usual: 300 }),
      corpus: fuzzProperty({
        input: mutantTexts(corpusTexts('devd-conf'), { tokens: TOKENS, maxLength: 400 }),
        check,
        usual: 300,
      }),
      soup: fuzzProperty({ input: soup, check, usual: 2000 }),
    },
  }),
};
