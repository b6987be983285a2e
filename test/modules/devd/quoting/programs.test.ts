/** Every program that quoting knows, one test each: what becomes of a value among its words. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTemplate } from '../../../../modules/devd/index.js';
import { ActionCommand, type Admission } from '../../../../modules/devd/quoting/index.js';
import { type Manner, PROGRAMS } from '../../../../modules/devd/quoting/programs.js';

/** What the place of the one variable admits. */
function admits(source: string): Admission {
  const [variable] = new ActionCommand(parseTemplate(source)).variables();
  assert.ok(variable, source);
  let place = variable.place;
  while (place.doubt === undefined && place.inner !== undefined) place = place.inner;
  return place.doubt?.admits ?? 'any';
}

/** `PROGRAM` stands for its name, with as many operands in front of the command as it wants. */
const EXPECTED: Readonly<Record<Manner, readonly (readonly [source: string, expected: Admission])[]>> = {
  text: [
    ['PROGRAM $x', 'any'],
    ['PROGRAM -c $x', 'any'],
    ['PROGRAM sh -c $x', 'any'],
  ],
  plain: [
    ['PROGRAM $x', 'any'],
    ['PROGRAM -c $x', 'any'],
    ['PROGRAM --command=$x', 'any'],
  ],
  shell: [
    ['PROGRAM $x', 'none'],
    ['PROGRAM -x $x', 'none'],
    ["PROGRAM -c 'echo $x'", 'any'],
    ["PROGRAM -c 'sh -c $x'", 'none'],
    ['PROGRAM --rcfile=$x', 'none'],
    ['PROGRAM --rcfile $x', 'none'],
    ['PROGRAM -o $x', 'harmless'],
    ['PROGRAM --rcfile=/etc/$x', 'harmless'],
    ['echo a $x | PROGRAM', 'harmless'],
    ['echo $x | PROGRAM', 'none'],
  ],
  evaluator: [
    ['PROGRAM $x', 'none'],
    ['PROGRAM echo $x', 'any'],
    ["PROGRAM 'echo $x'", 'any'],
    ['echo $x; PROGRAM echo', 'harmless'],
  ],
  source: [
    ['PROGRAM $x', 'none'],
    ['PROGRAM ./file $x', 'any'],
    ['command PROGRAM $x', 'none'],
    ['echo a $x >file; PROGRAM ./file', 'harmless'],
  ],
  rereader: [
    ['PROGRAM $x', 'none'],
    ["PROGRAM 'echo $x'", 'harmless'],
    ['PROGRAM ls $x', 'harmless'],
    ['sudo PROGRAM ls $x', 'harmless'],
    ['echo a $x | PROGRAM', 'harmless'],
  ],
  expression: [
    ['PROGRAM $x', 'harmless'],
    ['PROGRAM a=$x', 'harmless'],
    ['echo $x | PROGRAM', 'any'],
  ],
  language: [
    ['PROGRAM $x', 'none'],
    ["PROGRAM 'print $x'", 'harmless'],
    ['PROGRAM -e $x', 'harmless'],
    ['PROGRAM -e print $x', 'any'],
    ["PROGRAM 'a'$x", 'harmless'],
    ['echo a $x | PROGRAM', 'harmless'],
    ['PROGRAM5.36 -e $x', 'harmless'],
  ],
  number: [['PROGRAM $x', 'harmless']],
  test: [
    ['PROGRAM -n $x ]', 'any'],
    ['PROGRAM $x = a ]', 'any'],
    ['PROGRAM $x -eq 1 ]', 'harmless'],
    ['PROGRAM 1 -ge $x ]', 'harmless'],
    ['PROGRAM -v $x ]', 'harmless'],
  ],
  runner: [
    ['PROGRAM $x', 'any'],
    ['PROGRAM -c $x', 'none'],
    ['PROGRAM --command=$x', 'none'],
    ["PROGRAM --command='a/$x'", 'harmless'],
    ['PROGRAM -exec $x', 'none'],
    ["PROGRAM -x sh -c 'echo $x'", 'any'],
  ],
  wrapper: [
    ['PROGRAM $x', 'none'],
    ['PROGRAM -v $x', 'harmless'],
    ['PROGRAM echo $x', 'any'],
    ['PROGRAM /bin/x $x', 'any'],
    ["PROGRAM sh -c 'echo $x'", 'any'],
    ["PROGRAM frob -c 'echo $x'", 'harmless'],
    ['echo a $x | PROGRAM', 'harmless'],
    ['echo $x | PROGRAM echo', 'any'],
  ],
};

describe('a value among the words of', () => {
  for (const [manner, names] of Object.entries(PROGRAMS)) {
    for (const entry of names) {
      const [name, operands = '0'] = entry.split('/') as [string, string?];
      // `[` and `:` are no names that a version could follow.
      const cases = EXPECTED[manner as Manner].filter(
        ([source]) => /^\w/.test(name) || !source.includes('PROGRAM5'),
      );
      it(name, () => {
        for (const [source, expected] of cases) {
          // Before the operand that is run stand others, of no meaning here; where there are options they may be theirs.
          const words = ' one'.repeat(Number(operands));
          const command = source.replace(/PROGRAM(5\.36)?(?= [^-])/, (found) => `${found}${words}`);
          assert.equal(admits(command.replaceAll('PROGRAM', name)), expected, command);
        }
      });
    }
  }

  it('a program by its path, and one with a version', () => {
    for (const name of [
      '/usr/bin/perl',
      'perl5.36.0',
      '/opt/bin/python3.11',
      'ruby2.7',
      'ksh93',
      'bash-5.2',
      'lua5.4',
    ])
      assert.equal(admits(`${name} $x`), 'none', name);
  });

  it('a program that is not known: operands are data, options may be commands', () => {
    assert.equal(admits('/usr/local/sbin/frob $x'), 'any');
    assert.equal(admits('/usr/local/sbin/frob a $x'), 'any');
    assert.equal(admits('/usr/local/sbin/frob -a $x'), 'harmless');
    assert.equal(admits('/usr/local/sbin/frob -a$x'), 'harmless');
    assert.equal(admits('/usr/local/sbin/frob --all=$x'), 'harmless');
    assert.equal(admits('/usr/local/sbin/frob -a -- $x'), 'any');
    assert.equal(admits("/usr/local/sbin/frob sh -c 'echo $x'"), 'any');
  });

  it('a program whose name the shell puts in: it may be any, a shell too', () => {
    for (const source of [
      '${SH} $x',
      "${SH} -c 'echo $x'",
      '/bin/${SH} $x',
      'sudo ${SUDO} $x',
      'sudo ${SH} -c $x',
    ])
      assert.equal(admits(source), 'none', source);
    assert.equal(admits('${HOME}/frob $x'), 'any');
    assert.equal(admits('sudo -u ${USER} frob $x'), 'any');
  });
});
