import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isScalar, parseDocument, visit } from 'yaml';
import { plain } from '../../../modules/boot/source/index.js';
import { parseYaml } from '../../../modules/boot/source/yaml.js';
import { corpusTexts } from '../corpus.js';
import { mutantTexts } from '../mutation.js';
import { asyncFuzzProperty, type FuzzTarget } from '../target.js';

/** Keys that are texts, since a key must be a name; numbers that are written without an exponent. */
const { value } = fc.letrec<{ value: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean(), fc.constant(null)),
  value: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), tie('value'), { maxKeys: 4 }),
  ),
}));

/** JSON is YAML. */
async function sameAsJson(given: unknown): Promise<void> {
  const { root, problems } = await parseYaml('f', JSON.stringify(given, null, 1));
  assert.deepEqual(problems, []);
  assert.deepEqual(normal(plain(root!)), normal(given));
}

/** What is accepted is what the library itself makes of it; what is not has a place within the text. */
async function sameAsLibrary(text: string): Promise<void> {
  const { root, problems } = await parseYaml('f', text);
  const lines = text.split('\n').length;
  for (const { place, message } of problems) {
    assert.ok(
      place.line >= 1 && place.line <= lines + 1 && place.column >= 1,
      `${place.line}:${place.column}`,
    );
    assert.ok(message !== '' && !message.includes('\n'), message);
  }
  if (root === undefined) return;
  assert.deepEqual(normal(plain(root)), normal(library(text)));
}

/** What the library reads, but for keys: 12, 0xa and on are names as they are written. */
function library(text: string): unknown {
  const document = parseDocument(text);
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && typeof key.value !== 'string' && key.value !== null) key.value = key.source;
    },
  });
  return document.toJS({ maxAliasCount: -1 });
}

/** Objects without prototypes are as good as others. */
const normal = (given: unknown): unknown => JSON.parse(JSON.stringify(given ?? null));

const TOKENS = [
  '\n',
  ' ',
  ': ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  '&a ',
  '*a',
  '|\n',
  '>\n',
  '"',
  "'",
  '#',
  '!t ',
  '---\n',
  '<<: ',
  '\t',
  '? ',
  '%',
  '@',
  '0x',
  '1e400',
  '.inf',
  '__proto__: 1\n',
];

export const target: FuzzTarget = {
  about: 'settings files, against JSON and the YAML library by itself',
  open: () => ({
    properties: {
      json: asyncFuzzProperty({ input: value, check: sameAsJson, usual: 300 }),
      texts: asyncFuzzProperty({
        input: mutantTexts(corpusTexts('yaml'), { tokens: TOKENS, maxLength: 400 }),
        check: sameAsLibrary,
        usual: 500,
      }),
    },
  }),
};
