/** How much of the shells' grammar is followed, and why the rest is not: nothing is let into an action that is not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { made } from './support/analysis.js';

/** Why not every value may stand where the action's first variable does. */
function doubtOf(source: string): string | undefined {
  return made(source).variables()[0]!.place.doubt?.reason;
}

describe('what is followed', () => {
  for (const source of [
    'while true; do echo $x; done',
    'until false\ndo\n\n echo $x\ndone',
    'if true; then echo a; elif false; then echo b; elif true; then echo c; else echo $x; fi',
    'if true\nthen echo $x\nfi',
    'if true; then find . $x; fi',
    'for a in b; do(echo $x); done',
    'for a in b c; do echo $x; done >f',
    'for a in\ndo echo $x; done',
    'for a\nin b; do echo $x; done',
    'case a in a|b) echo $x;; (c | d ) echo d;; esac',
    'case a in a) ;; esac; echo $x',
    'case a in a) echo $x; esac',
    'case a\nin\n\n a) echo $x\n;; esac',
    'case a in esac; echo $x',
    '{ echo $x; }',
    '{ echo a; } >f 2>&1 <g; echo $x',
    '(echo $x)',
    '(echo a)|cat; echo $x',
    '! echo $x',
    '! (echo $x)',
    '(echo a) >f; echo $x',
    'true && ! false || echo $x',
    'true &&\n\n echo $x',
    'echo a |\n cat; echo $x',
    'echo a; # b ( c\necho $x',
    'echo a & echo $x',
    'echo $x &',
    'echo $x;\n\n',
    '\n\techo \\\n $x',
    '>f echo $x <g 2>&1 3>&- 4<&0 >>h >|i',
    'a=b 2>f c=d echo $x',
    'echo if then ! $x <>f',
  ])
    it(JSON.stringify(source), () => assert.equal(doubtOf(source), undefined));
});

describe('what is not', () => {
  for (const [source, reason] of [
    ['(echo $x', /left open/],
    ['{ echo $x;', /left open/],
    ['echo $x)', /without a word/],
    ['echo $x; }', /read differently here/],
    ['echo $x;; true', /without a word/],
    ['{ echo $x; } echo', /behind the end of a group/],
    ['(echo $x) echo', /behind the end of a group/],
    ['(); echo $x', /without a command/],
    ['if ; then echo $x; fi', /without a word/],
    ['; echo $x', /without a word/],
    ['echo $x; ;', /without a word/],
    ['echo $x && ', /without a word/],
    ['echo $x | | cat', /without a word/],
    ['((echo $x))', /arithmetic/],
    ['echo $x |& cat', /\|&/],
    ['for a; do echo $x; done', /without words/],
    ['for a in b; echo $x; done', /without do/],
    ['for a in b do echo $x; done', /without do/],
    ['for a in b) echo $x; done', /without an end of its words/],
    ['for $x in b; do true; done', /no plain name/],
    ['for 1a in b; do echo $x; done', /no plain name/],
    ['case a of a) echo $x;; esac', /without in/],
    ['case a in a echo $x;; esac', /pattern without an end/],
    ['case a in a) echo $x;;& esac', /;;&/],
    ['echo `case a in a) echo $x;; esac`', /case in a command substitution/],
    ['echo $$(case a in a) echo $x;; esac)', /case in a command substitution/],
    ['echo a 10>f $x', /above 9/],
    ['echo <<<a $x', /here string/],
    ['echo <<a $x', /here document/],
    ['echo >(cat) $x', /process substitution/],
    ['echo >>>f $x', /redirection that shells read differently/],
    ['echo >&a $x', /descriptor, which can be arithmetic/],
    ['{ cat; } <$x', /input of a group/],
    ['{ cat; } <${a}; echo $x', /input of a group/],
    ['echo $x &> f', /&>/],
    ['coproc echo $x', /coproc, which shells read differently here/],
    ['select a in b; do echo $x; done', /select/],
    ['f() { echo $x; }', /a function or an array/],
    ['echo $x >', /an operator where a word should be/],
    ['!(echo $x)', /!\(, which is a pattern to some shells/],
    ['a+=$x', /\+=, which shells read differently/],
  ] as const)
    it(JSON.stringify(source), () => assert.match(doubtOf(source) ?? 'none', reason));
});
