import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { Automaton, compileEre, EreError, parseEre } from '../../../modules/devd/ere/index.js';
import { needs } from '../../support/needs.js';
import { toJavaScript } from '../ere-to-javascript.js';
import { type FuzzTarget, fuzzProperty } from '../target.js';

const atom = fc.constantFrom(
  'a',
  'B',
  'c',
  '1',
  '.',
  '[ab]',
  '[^a]',
  '[a-c1]',
  '[[:alpha:]]',
  '[]x]',
  '\\.',
  '-',
  '_',
);
const { expression } = fc.letrec<{ expression: string; branch: string; piece: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3 },
    tie('branch'),
    fc.tuple(tie('branch'), tie('branch')).map(([a, b]) => `${a}|${b}`),
  ),
  branch: fc.array(tie('piece'), { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join('')),
  piece: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'piece' },
    atom,
    fc.constantFrom('\\<', '\\>'),
    fc.tuple(atom, fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{1,}')).map(([a, count]) => a + count),
    fc
      .tuple(tie('expression'), fc.constantFrom('', '*', '+', '?', '{0,2}'))
      .map(([inner, count]) => `(${inner})${count}`),
  ),
}));
const subject = fc.string({ unit: fc.constantFrom(...Array.from('aAbBcC1.x]-_ ')), maxLength: 8 });
const anchor = fc.constantFrom(['', ''], ['^', ''], ['', '$'], ['^', '$']);
const anchored = fc.tuple(anchor, expression).map(([[start, end], inner]) => start + inner + end);

const anyText = fc.string({
  unit: fc.constantFrom(...Array.from('ab()[]{}*+?|^$\\.,:=19-\xff')),
  maxLength: 20,
});
const several = (minLength: number, maxLength: number) => fc.array(subject, { minLength, maxLength });

function asJavaScript([pattern, subjects]: readonly [string, readonly string[]]): void {
  const node = parseEre(pattern);
  const automaton = new Automaton(node);
  const translated = new RegExp(toJavaScript(node));
  for (const text of subjects)
    assert.equal(automaton.test(text), translated.test(text), `${pattern} ~ ${text}`);
}

function asGrep([pattern, subjects]: readonly [string, readonly string[]]): void {
  fc.pre(!/\\[<>]/.test(pattern)); // grep refuses what repeats an empty match of them
  const { stdout, status } = spawnSync('grep', ['-inE', '-e', pattern], {
    input: subjects.map((text) => `${text}\n`).join(''),
    encoding: 'utf8',
    env: { LC_ALL: 'C' },
  });
  assert.ok(status === 0 || status === 1);
  const ere = compileEre(pattern);
  const found = subjects.flatMap((text, place) => (ere.test(text) ? [`${place + 1}:${text}\n`] : []));
  assert.equal(found.join(''), stdout, pattern);
}

function compiledOrRefused([pattern, value]: readonly [string, string]): void {
  try {
    compileEre(pattern).test(value);
  } catch (error) {
    assert.ok(error instanceof EreError, `${pattern}: ${String(error)}`);
  }
}

export const target: FuzzTarget = {
  about: "expressions of devd.conf, against JavaScript's engine and grep -E",
  open: () => ({
    properties: {
      javascript: fuzzProperty({
        input: fc.tuple(anchored, several(1, 8)),
        check: asJavaScript,
        usual: 600,
      }),
      grep: fuzzProperty({
        input: fc.tuple(anchored, several(4, 16)),
        check: asGrep,
        usual: 120,
        skip: needs('program:grep'),
      }),
      any: fuzzProperty({ input: fc.tuple(anyText, subject), check: compiledOrRefused, usual: 2000 }),
    },
  }),
};
