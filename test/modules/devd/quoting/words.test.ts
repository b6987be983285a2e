/** The words of an action as shells read them: quotes, escapes, and what the shell puts in. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Place } from '../../../../modules/devd/quoting/place.js';
import { admits, assertAdmits, made, rereads } from './support/analysis.js';

const placeIn = (source: string): Place => made(source).variables()[0]!.place;

describe('a word', () => {
  it('is its characters without the quotes', () =>
    assertAdmits({
      'printf "%d" $x': 'number',
      "pri'nt'f %d $x": 'number',
      'p\\rintf %d $x': 'number',
      '"p\\rintf" %d $x': 'any',
      'echo $x >"a\\"b"; sh ./a\\"b': 'none',
      'echo $x >"a\\b"; sh ./ab': 'any',
      'echo $x >a$$.b; sh ./a.b': 'any',
      'echo $x >$$a; sh ./ab': 'none',
      'printf a$x ${b}': 'none',
    }));

  it('assigns nothing if a part of the name stands in quotes, or is put in', () => {
    for (const part of ["'a'", '"a"', '\\a', '${a}', '`a`', '$$(a)', '*'])
      assert.equal(admits(`${part}b=$x`), 'none', part);
    assert.equal(admits('ab=$x'), 'any');
  });

  it('is not known where the shell puts something in', () => {
    assertAdmits({
      'printf a ${b} $x': 'any',
      'printf "${a}" $x': 'none',
      'printf ~ $x': 'number',
      'printf a~ $x': 'any',
      'printf [d $x': 'number',
      'printf -%[ $x': 'number',
      "echo a'q'[b $x": 'any',
    });
    assert.equal(placeIn('printf [d $x').doubt?.reason, 'a number, which some shells take for arithmetic');
  });

  it('has the variables that are named in it, or in the command whose output it is', () => {
    assertAdmits({
      'perl -e ${#}; echo $x': 'any',
      'perl -e ${a:-b}; echo $x': 'none',
      'perl -e ${PATH:-b}; echo $x': 'any',
      'perl -e ${#a}; echo $x': 'none',
    });
    assert.deepEqual(rereads('perl -e ${DEVD_A:-b}'), ['DEVD_A']);
    assert.deepEqual(
      rereads('perl -e `echo ${DEVD_A}`').filter((name) => name !== ''),
      ['DEVD_A'],
    );
    assert.ok(rereads('perl -e `env`').includes('DEVD_*'));
  });
});

describe('what is not followed in a word', () => {
  for (const [source, reason] of [
    ['echo a\x01 $x', /control character/],
    ['echo a\x7f $x', /control character/],
    ['echo $x\\', /end of a line/],
    ['echo $x a\\\nb', /end of a line/],
    ['echo "$x\\', /end of a line/],
    ['echo "$x\\\n"', /end of a line/],
    ['echo "$x', /left open/],
    ["echo '$x", /left open/],
    ['echo `a $x', /left open/],
    ['echo `echo "$x"`', /double quotes inside backticks/],
    ['echo `echo $$$x`', /an escape right before a value/],
    ['echo "$$(a)" $x', /inside double quotes/],
    ['echo "`a`" $x', /inside double quotes/],
    ['echo $$((1)) $x', /arithmetic/],
    ['echo `echo $$(a) $x`', /inside backticks/],
    ['echo $$(echo `a`) $x', /backticks in a command substitution/],
    ["echo $$'a' $x", /dollar sign/],
    ['echo "$$\'a" $x', /dollar sign/],
    ['echo $$"a" $x', /dollar sign/],
    ['echo a{b,c} $x', /brace/],
  ] as const)
    it(JSON.stringify(source), () => assert.match(placeIn(source).doubt?.reason ?? 'none', reason));

  it('but not what only looks like it', () =>
    assertAdmits({
      'echo $$(a) `b` $x': 'any',
      'echo "$$" $$ $x': 'any',
      'echo "$$%" $$, $x': 'any',
      'echo [ab]* ? $x': 'any',
      'find . -- $x': 'any',
    }));
});

describe('a value', () => {
  it('in a script is doubted there, and may be an option there', () => {
    const number = placeIn("sh -c 'printf %d $x'");
    assert.deepEqual([number.doubt, number.inner?.doubt?.admits], [undefined, 'number']);
    const option = placeIn("sh -c 'rm $x'");
    assert.deepEqual([option.atOption, option.inner?.atOption], [false, true]);
  });

  it('in scripts within scripts is followed, each of which counts for ten commands within commands', () => {
    const within = (groups: number): string =>
      `${'{ '.repeat(groups)}eval eval eval eval echo $x${'; }'.repeat(groups)}`;
    assert.deepEqual([admits(within(5)), admits(within(6))], ['any', 'none']);
  });

  it('in a comment is nobody’s, whatever else the action does', () => {
    const { doubt, inBackticks } = placeIn('echo a | sh # $x');
    assert.deepEqual([doubt, inBackticks], [undefined, false]);
  });
});
