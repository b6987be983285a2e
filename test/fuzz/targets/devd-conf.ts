import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  checkConfig,
  dumpStatements,
  type ParsedFile,
  parseConfig,
  printConfig,
  Ruleset,
  readRecord,
} from '../../../modules/devd/index.js';
import { corpusTexts } from '../corpus.js';
import { readByGrammar } from '../devd-grammar.js';
import { mutantTexts } from '../mutation.js';
import { type FuzzProperty, type FuzzTarget, fuzzProperty } from '../target.js';

/** White space, comments and strays that may stand between any two tokens. */
const gap = fc.constantFrom(
  ' ',
  '\n',
  '\t',
  ' # x\n',
  '/* " */',
  '// ;\n',
  '/***/',
  ' = ',
  ' , ',
  '\\ ',
  ' \r\n',
  ' é ',
);
const inside = fc.stringMatching(/^[^"]{1,12}$/);
const continued = fc.array(fc.oneof(inside, fc.constantFrom('\\\n', '\\\n  ', '\\\n \r\v\f', '\\', '\n')), {
  minLength: 1,
  maxLength: 4,
});
const pattern = fc.constantFrom(
  'a',
  '!b+',
  '(a|b)*',
  '$x',
  '[[:alpha:]]',
  '(',
  'em[0-9]+',
  '.*',
  'a{2,3}',
  '!$x|c',
);
const string = fc
  .oneof(
    inside,
    continued.map((parts) => parts.join('')),
    pattern,
  )
  .map((text) => `"${text}"`);
const id = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,5}$/).map((name) => `x${name}`);
const number = fc.oneof(
  fc.nat(300).map(String),
  fc.constantFrom('007', '99999999999', '4294967295', '0'.repeat(40)),
);
const sequence = (...tokens: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(gap, { minLength: tokens.length, maxLength: tokens.length }), ...tokens)
    .map(([gaps, ...texts]) => texts.map((text, place) => text + gaps[place]).join(''));
const word = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const option = fc.oneof(
  sequence(word('directory', 'pid-file'), string, word(';')),
  sequence(word('set'), id, string, word(';')),
);
const sub = fc.oneof(
  sequence(word('match'), string, string, word(';')),
  sequence(word('device-name', 'class', 'subdevice', 'media-type', 'action'), string, word(';')),
);
const many = (item: fc.Arbitrary<string>, minLength: number): fc.Arbitrary<string> =>
  fc.array(item, { minLength, maxLength: 4 }).map((items) => items.join(''));
const event = sequence(
  word('attach', 'detach', 'nomatch', 'notify'),
  number,
  word('{'),
  many(sub, 0),
  word('}'),
  word(';'),
);
const options = sequence(word('options'), word('{'), many(option, 1), word('}'), word(';'));
/** Files by the grammar. */
export const file = fc.array(fc.oneof(event, options), { maxLength: 5 }).map((parts) => parts.join(''));

/** Marks of the grammar, and what ends a line elsewhere. */
const MARKS = ['"', '{', '}', ';', '\\\n', '#', '/*', '*/', '//', '\n', '\0', '$', '\u2028'];

type Cut = { at: number; remove: number; insert: string };
const cut: fc.Arbitrary<Cut> = fc.record({
  at: fc.nat(100_000),
  remove: fc.nat(8),
  insert: fc.constantFrom('', ...MARKS, 'notify', '-'),
});

function mutate(text: string, cuts: readonly Cut[]): string {
  return cuts.reduce((mutant, { at, remove, insert }) => {
    const place = at % (mutant.length + 1);
    return mutant.slice(0, place) + insert + mutant.slice(place + remove);
  }, text);
}

/** The parser and the grammar agree, on the verdict and on each statement. */
export function checkReading(text: string): ParsedFile {
  const parsed = parseConfig(text);
  const { isAccepted, statements } = readByGrammar(text);
  assert.equal(parsed.error === undefined, isAccepted, JSON.stringify(text));
  const ours = dumpStatements(parsed.statements);
  // Of a block of options that is left open, the parser keeps the lines that are right.
  assert.deepEqual(isAccepted ? ours : ours.slice(0, statements.length), statements);
  assert.ok(ours.slice(statements.length).every((statement) => 'option' in statement));
  return parsed;
}

function checkText(text: string): void {
  const parsed = checkReading(text);
  const lines = text.split('\n').length;
  for (const { line, column } of [
    ...parsed.oddities,
    ...(parsed.error === undefined ? [] : [parsed.error]),
  ]) {
    assert.ok(line >= 1 && line <= lines && column >= 1, `position ${line}:${column}`);
  }
  const again = parseConfig(printConfig(parsed.statements));
  assert.equal(again.error, undefined);
  assert.deepEqual(dumpStatements(again.statements), dumpStatements(parsed.statements));
  checkConfig([parsed]);
  const { kind, variables } = readRecord('!system=IFNET subsystem=em0 x=a');
  new Ruleset([parsed]).match(kind!, variables);
}

function checkMade(text: string): void {
  assert.equal(parseConfig(text).error, undefined);
  checkText(text);
}

/** The same with cuts. */
export const mutant = fc
  .tuple(file, fc.array(cut, { minLength: 1, maxLength: 5 }))
  .map(([text, cuts]) => mutate(text, cuts));

/** Words and marks of the grammar, as pieces for mutations. */
export const TOKENS = [...MARKS, 'notify 0 {', 'match "a" "b";'];

/** The texts of CARPET_FUZZ_CORPUS, a folder of devd.conf files, if it is set. */
function folderProperty(): FuzzProperty {
  const folder = process.env['CARPET_FUZZ_CORPUS'];
  const skip = folder === undefined && 'needs CARPET_FUZZ_CORPUS, a folder of devd.conf files';
  const texts =
    folder === undefined
      ? ['']
      : readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8').slice(0, 8000));
  return fuzzProperty({
    input: mutantTexts(texts, { tokens: TOKENS, maxLength: 8000 }),
    check: checkText,
    usual: 300,
    skip,
  });
}

export const target: FuzzTarget = {
  about: "devd.conf, against a second reading by FreeBSD's grammar; and what is accepted is printed back",
  open: () => ({
    properties: {
      grammar: fuzzProperty({ input: file, check: checkMade, usual: 400 }),
      mutations: fuzzProperty({ input: mutant, check: checkText, usual: 600 }),
      corpus: fuzzProperty({
        input: mutantTexts(corpusTexts('devd-conf'), { tokens: TOKENS, maxLength: 400 }),
        check: checkText,
        usual: 300,
      }),
      any: fuzzProperty({
        input: fc.string({ unit: 'binary', maxLength: 200 }),
        check: checkText,
        usual: 300,
      }),
      folder: folderProperty(),
    },
  }),
};
