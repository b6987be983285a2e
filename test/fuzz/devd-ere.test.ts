/** Random expressions: JavaScript's engine says the same as ours, and grep -E in the C locale says so too. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Automaton, compileEre, EreError, parseEre } from '../../modules/devd/ere/index.js';
import { needs } from '../support/needs.js';
import { toJavaScript } from './ere-to-javascript.js';
import { fuzzRuns } from './runs.js';

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
const anchored = fc.tuple(anchor, expression).map(([[start, end], inner]) => start! + inner + end!);

describe('an extended expression', () => {
  it('is the same to the engine of JavaScript', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(anchored, fc.array(subject, { minLength: 1, maxLength: 8 }), (pattern, subjects) => {
        const node = parseEre(pattern);
        const automaton = new Automaton(node);
        const translated = new RegExp(toJavaScript(node));
        for (const text of subjects)
          assert.equal(automaton.test(text), translated.test(text), `${pattern} ~ ${text}`);
      }),
      { numRuns: fuzzRuns(600) },
    );
  });

  it('is the same to grep', { skip: needs('program:grep'), timeout: 120_000 }, () => {
    fc.assert(
      fc.property(anchored, fc.array(subject, { minLength: 4, maxLength: 16 }), (pattern, subjects) => {
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
      }),
      { numRuns: fuzzRuns(120) },
    );
  });

  it('is compiled or refused by name, whatever it is', { timeout: 60_000 }, () => {
    const text = fc.string({
      unit: fc.constantFrom(...Array.from('ab()[]{}*+?|^$\\.,:=19-\xff')),
      maxLength: 20,
    });
    fc.assert(
      fc.property(text, subject, (pattern, value) => {
        try {
          compileEre(pattern).test(value);
        } catch (error) {
          assert.ok(error instanceof EreError, `${pattern}: ${String(error)}`);
        }
      }),
      { numRuns: fuzzRuns(2000) },
    );
  });
});
