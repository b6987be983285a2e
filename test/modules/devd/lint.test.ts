/** The checker's warnings: one for each thing the genuine parser accepts and nobody means. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkConfig, parseConfig } from '../../../modules/devd/index.js';
import { type Condition, Ruleset } from '../../../modules/devd/rules/index.js';

function warnings(text: string): string[] {
  const parsed = parseConfig(text, 'f');
  assert.equal(parsed.error, undefined, parsed.error?.message);
  return checkConfig([parsed]).map(({ line, message }) => `${line}: ${message}`);
}

/** Whether the lines of one rule hold whenever those of another do, as far as the values tell. */
function covers(general: readonly Condition[], special: readonly Condition[]): boolean {
  return general.every((wide) =>
    special.some(
      (narrow) =>
        narrow.id === wide.id ||
        (narrow.kind === 'match' &&
          wide.kind === 'match' &&
          narrow.variable === wide.variable &&
          narrow.literals?.every((word) => wide.test(word)) === true),
    ),
  );
}

describe('the checker', () => {
  const cases: [config: string, warning: RegExp][] = [
    ['notify 1 { action "x"; }; ,', /^1: "," means nothing here/],
    ['notify 1 {};', /^1: a rule without a line in it is discarded/],
    ['notify 1 { match "a" "["; action "x"; };', /never matches: REG_EBRACK/],
    ['notify 1 { match "a" "!\\d"; action "x"; };', /holds for every value: REG_EESCAPE/],
    ['notify 1 { match "a" "b|c"; action "x"; };', /put them in parentheses/],
    ['notify 1 { match "a" "$b"; action "x"; };', /\$b is not set by here/],
    ['options { set n "!b"; }; notify 1 { match "a" "$n"; action "x"; };', /does not negate/],
    ['options { set n "$b"; };', /is not expanded again/],
    ['notify 1 { media-type "token"; action "x"; };', /media-type "token" is not known/],
    ['notify 1 { match "kern" "x"; action "x"; };', /called "kernel"/],
    ['notify 1 { match "a" "b"; match "a" "c"; action "x"; };', /^1: the rule can never fire: no a matches/],
    [
      'notify 2 { match "a" "b.*"; };\nnotify 1 { match "a" "bc"; match "d" "e"; action "x"; };',
      /^2: .* never fire: the one at f:1/,
    ],
    [
      'notify 1 { action "$a start"; };',
      /\$a .*the name of the command that is run.*only with what "set" gives/,
    ],
    ['notify 1 { action "[ $a -eq 1 ]"; };', /\$a .*cannot be quoted .*only for a number/],
    ['notify 1 { action "frob -a $a"; };', /\$a .*cannot be quoted .*only for harmless characters/],
    ['notify 1 { action "echo \\$a"; };', /a backslash does not keep \$a/],
    ['notify 1 { action "perl -e \'print $a\'"; };', /takes no value .*\(a program in another language\)/],
    ['notify 1 { action "[ $a -eq 1 ]"; };', /\$a .*cannot be quoted .*only for a number/],
    ['notify 1 { action "frob -a $a"; };', /\$a .*cannot be quoted .*only for harmless characters/],
    ['notify 1 { action "echo\\\n\\\nx"; };', /two continuations/],
    ['notify 1 { match "a" "Ger\ufffdt"; action "x"; };', /^1: .* no UTF-8/],
    ['options { set n "Ger\ufffdt"; };', /^1: .* no UTF-8/],
    ['notify 99999999999 { action "x"; };', /priority 99999999999 does not fit/],
  ];
  for (const [config, warning] of cases) {
    it(`warns of ${config}`, () => {
      const found = warnings(config);
      assert.ok(
        found.some((message) => warning.test(message)),
        found.join('\n'),
      );
    });
  }

  it('finds the rules that can never fire as a comparison of each with all before it does', () => {
    const line = fc.constantFrom(
      'match "a" "x"',
      'match "a" "(x|y)"',
      'match "a" "y.*"',
      'match "a" "!x"',
      'match "b" "x"',
      'match "b" "X"',
      'match "b" "["',
      'media-type "802.11"',
    );
    const rule = fc
      .array(line, { maxLength: 4 })
      .map((lines) => `notify 1 { ${lines.map((each) => `${each}; `).join('')}action "x"; };`);
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 12 }), (rules) => {
        const text = rules.join('\n');
        const found = new Map(
          warnings(text).flatMap((message) => {
            const [, at, why] = /^(\d+): the rule can never fire: (.*)$/.exec(message) ?? [];
            return at === undefined ? [] : [[Number(at), why]];
          }),
        );
        const { notify } = new Ruleset([parseConfig(text, 'f')]).rules;
        for (const [place, { line: at, conditions }] of notify.entries()) {
          const why = found.get(at);
          if (why?.startsWith('no ') === true) continue;
          const first = notify.slice(0, place).find((other) => covers(other.conditions, conditions));
          const expected =
            first && `the one at f:${first.line} comes first, and holds whenever this one does`;
          assert.equal(why, expected, `${at}`);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('takes time linear in the rules', { timeout: 20_000 }, () => {
    const rules = Array.from(
      { length: 40_000 },
      (_, i) => `notify 1 { match "v" "${i}"; match "s" "USB"; };`,
    );
    assert.deepEqual(warnings(rules.join('\n')), []);
  });

  it('has nothing to say of a good file', () => {
    const text = `
options { directory "/etc/devd"; pid-file "/run/devd.pid"; set wifi "(ath|iwn)[0-9]+"; };
notify 10 { match "system" "IFNET"; match "subsystem" "$wifi"; match "type" "LINK_UP"; action "ifup $subsystem"; };
notify 5 { match "system" "IFNET"; match "subsystem" "!lo[0-9]+"; action "logger 'up: $subsystem'"; };
notify 0 { match "system" "IFNET"; action "sh -c 'echo $subsystem' &"; };
`;
    assert.deepEqual(warnings(text), []);
  });
});
