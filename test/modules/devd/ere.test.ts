/** POSIX extended expressions: what matches, what is refused and under which name, and that time stays linear. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Automaton, literals, parseEre, toByteString } from '../../../modules/devd/ere/index.js';
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

/** Letters a and b in an order that does not repeat. */
function noise(length: number): string {
  let [text, bits] = ['', 1];
  while (text.length < length) {
    bits = (bits * 48_271) % 2_147_483_647;
    text += bits & 1 ? 'a' : 'b';
  }
  return text;
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
    ['x'.repeat(65_537), 'REG_ESPACE'],
    [`(${'ab|'.repeat(10_000)}c)+`, 'REG_ESPACE'],
    [`(${'ab|'.repeat(1000)}c){9}`, 'REG_ESPACE'],
    ['('.repeat(100_000), 'REG_ESPACE'],
    // Nothing, so many times; and more times than a number holds.
    [`${'('.repeat(150)}(){255}${'){255}'.repeat(150)}`, 'REG_ESPACE'],
    [`(${'('.repeat(150)}x${'){255}'.repeat(150)})*`, 'REG_ESPACE'],
  ];
  for (const [pattern, code] of refused) {
    it(`${pattern.slice(0, 40)} is refused: ${code}`, () => assert.equal(refusal(pattern), code));
  }

  /** What a backtracking engine takes seconds to hours for, and the values that make it. */
  const explosive: [pattern: string, value: string][] = [
    ['^(a+)+b$', 'a'.repeat(8000)],
    ['^(a|aa)*b$', 'a'.repeat(8000)],
    ['^(a*a*a*)*b$', 'a'.repeat(8000)],
    ['^.*.*.*.*b$', 'a'.repeat(8000)],
    ['^x|.*a.*b$', 'a'.repeat(8000)],
    ['^x|.*a.*a.*ab$', 'a'.repeat(8000)],
    ['.*[ab].*[ab].*c$', 'ab'.repeat(4000)],
    ['\\<.*\\>.*\\<.*x', 'a '.repeat(4000)],
    // The most that the sets of places can be, and every one of them new.
    [`^.*a${'.{255}'.repeat(7)}b$`, noise(8000)],
    [`^.*a${'(a|b)'.repeat(660)}x$`, noise(8000)],
  ];
  for (const [pattern, value] of explosive) {
    it(`takes time linear in the value: ${pattern.slice(0, 40)}`, { timeout: 20_000 }, () => {
      const ere = compileEre(pattern);
      assert.equal(ere.test(value), false);
      assert.equal(ere.test(value.slice(1)), false);
    });
  }

  it('says the same after its states were forgotten', () => {
    const automaton = new Automaton(parseEre('^.*a.{11}$'));
    const value = noise(20_000);
    for (let at = 0; at < 4000; at++) {
      const piece = value.slice(at, at + 20);
      assert.equal(automaton.test(piece), piece.at(-12) === 'a', piece);
    }
    assert.equal(automaton.test(value), value.at(-12) === 'a');
  });

  it('may be one long text, or thousands of short ones', () => {
    const long = 'x'.repeat(60_000);
    assert.equal(compileEre(`^${long}$`).test(long), true);
    const ids = Array.from({ length: 4000 }, (_, n) => `0x${(n + 0x1000).toString(16)}`);
    const ere = compileEre(`^(${ids.join('|')})$`);
    assert.deepEqual([ere.test('0x1ABC'), ere.test('0x0ABC')], [true, false]);
  });

  it('tells the few values it matches', () => {
    assert.deepEqual(literals(parseEre('^(em|IGB)[01]$')), ['em0', 'em1', 'igb0', 'igb1']);
    assert.equal(literals(parseEre('^em|igb$')), undefined);
    assert.equal(literals(parseEre('^em[0-9]+$')), undefined);
    assert.deepEqual(literals(parseEre('^$')), ['']);
  });
});
