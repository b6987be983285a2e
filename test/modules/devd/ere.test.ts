/** POSIX extended expressions: what matches, what is refused and under which name, and that time stays linear. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Automaton, canExplode, literals, parseEre, toByteString } from '../../../modules/devd/ere/index.js';
import { compileEre, EreError } from '../../../modules/devd/index.js';

function refusal(pattern: string): string | undefined {
  try {
    compileEre(pattern);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof EreError);
    return error.code;
  }
}

describe('an extended expression', () => {
  const cases: [pattern: string, matches: string[], differs: string[]][] = [
    ['^em[0-9]+$', ['em0', 'EM10'], ['em', 'xem0']],
    ['^a|b$', ['abc', 'xxb'], ['xa', 'bx']],
    ['^[]a]+$', [']a]'], ['b']],
    ['^[^]a]$', ['b', '\n'], ['a', 'A', ']']],
    ['^[a\\d]+$', ['\\', 'a', 'd'], ['5']],
    ['^[[:digit:][:space:]]+$', ['1 2'], ['a']],
    ['^[[:upper:]]$', ['a', 'A'], ['1']],
    ['^[[.-.]x]$', ['-', 'X'], ['y']],
    ['^[[=a=]]$', ['a', 'A'], ['á']],
    ['^[a-]$', ['-', 'a'], ['b']],
    ['^[%--]$', ['%', '&', '-'], ['.']],
    ['^a.c$', ['a\nc', 'abc'], ['ac']],
    ['^(ab){2,3}$', ['abab', 'ababab'], ['ab', 'abababab']],
    ['^a{2}b{1,}$', ['aab', 'aabb'], ['ab', 'aa']],
    ['^{x}$', ['{x}'], ['x']],
    ['^a)$', ['a)'], ['a']],
    ['^()a$', ['a'], ['']],
    ['^\\.\\$\\*$', ['.$*'], ['a$*']],
    ['[[:<:]]cat[[:>:]]', ['a cat.', 'cat'], ['concat', 'cats']],
    ['\\<cat\\>', ['a cat.'], ['cat_']],
    ['^$', [''], ['a', '\n']],
    ['x^a', [], ['x^a', 'xa']],
  ];
  for (const [pattern, matches, differs] of cases) {
    it(`${pattern} by both engines`, () => {
      const ere = compileEre(pattern);
      const automaton = new Automaton(parseEre(pattern));
      for (const [values, expected] of [
        [matches, true],
        [differs, false],
      ] as const) {
        for (const value of values) {
          assert.equal(ere.test(toByteString(value)), expected, value);
          assert.equal(automaton.test(toByteString(value)), expected, value);
        }
      }
    });
  }

  it('knows bytes, not characters', () => {
    assert.equal(compileEre('^..$').test(toByteString('é')), true);
    assert.equal(
      compileEre(toByteString('^É$')).test(toByteString('é')),
      false,
      'only ASCII letters have two cases',
    );
  });

  const refused: [string, string][] = [
    ['*a', 'REG_BADRPT'],
    ['^*a', 'REG_BADRPT'],
    ['(+a)', 'REG_BADRPT'],
    ['a**', 'REG_BADRPT'],
    ['a+?', 'REG_BADRPT'],
    ['(?:a)', 'REG_BADRPT'],
    ['a||b', 'REG_EMPTY'],
    ['(|a)', 'REG_EMPTY'],
    ['(a', 'REG_EPAREN'],
    ['[a', 'REG_EBRACK'],
    ['[[:digits:]]', 'REG_ECTYPE'],
    ['[[:constructor:]]', 'REG_ECTYPE'],
    ['[[.hyphen.]]', 'REG_ECOLLATE'],
    ['[z-a]', 'REG_ERANGE'],
    ['[a-c-e]', 'REG_ERANGE'],
    ['a{2,1}', 'REG_BADBR'],
    ['a{256}', 'REG_BADBR'],
    ['a{1', 'REG_EBRACE'],
    ['a{1x}', 'REG_BADBR'],
    ['a\\', 'REG_EESCAPE'],
    ['\\d', 'REG_EESCAPE'],
    ['(a)\\1', 'REG_EESCAPE'],
    ['((((a{200}){200}){200}b)*)*', 'REG_ESPACE'],
    [`${'('.repeat(100_000)}`, 'REG_ESPACE'],
  ];
  for (const [pattern, code] of refused) {
    it(`${pattern.slice(0, 40)} is refused: ${code}`, () => assert.equal(refusal(pattern), code));
  }

  it('cannot be made to take for ever by a value', { timeout: 5000 }, () => {
    const value = 'a'.repeat(8000);
    for (const pattern of ['^(a+)+b$', '^(a|aa)*b$', '^(a*a*a*)*b$', '^.*.*.*.*b$']) {
      assert.equal(canExplode(parseEre(pattern)), true, pattern);
      assert.equal(compileEre(pattern).test(value), false);
    }
  });

  it('tells the few values it matches', () => {
    assert.deepEqual(literals(parseEre('^(em|IGB)[01]$')), ['em0', 'em1', 'igb0', 'igb1']);
    assert.equal(literals(parseEre('^em|igb$')), undefined);
    assert.equal(literals(parseEre('^em[0-9]+$')), undefined);
    assert.deepEqual(literals(parseEre('^$')), ['']);
  });
});
