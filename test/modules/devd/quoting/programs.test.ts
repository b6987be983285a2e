/** Every program that quoting knows, one test each: what becomes of a value among its words. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Admission } from '../../../../modules/devd/quoting/index.js';
import { type Manner, PROGRAMS, preambleOf } from '../../../../modules/devd/quoting/programs.js';
import { admits } from './support/analysis.js';

/** `PROGRAM` stands for its name, with as many operands in front of the command as it wants. */
const EXPECTED: Readonly<Record<Manner, readonly (readonly [source: string, expected: Admission])[]>> = {
  text: [
    ['PROGRAM $x', 'any'],
    ['PROGRAM -c $x', 'any'],
    ['PROGRAM sh -c $x', 'any'],
  ],
  message: [
    ['PROGRAM $x', 'any'],
    ['PROGRAM -t $x', 'any'],
    ['PROGRAM sh -c $x', 'any'],
    ['PROGRAM a exec $x', 'any'],
    ['echo $x | PROGRAM', 'any'],
    ['echo $x | xargs PROGRAM', 'any'],
  ],
  format: [
    ['PROGRAM a $x', 'any'],
    ['PROGRAM $x', 'any'],
    ['PROGRAM -c $x', 'none'],
  ],
  plain: [
    ['PROGRAM $x', 'any'],
    ['PROGRAM -c $x', 'any'],
    ['PROGRAM --command=$x', 'any'],
    ['PROGRAM a exec $x', 'none'],
  ],
  mail: [
    ['PROGRAM $x', 'none'],
    ['PROGRAM -s a $x', 'none'],
    ["PROGRAM -s 'a $x' root", 'any'],
    ['PROGRAM -s $x root', 'any'],
    ['PROGRAM -s a -- $x', 'none'],
    ['PROGRAM -r $x root', 'none'],
    ['echo $x | PROGRAM root', 'any'],
    ['echo $x | PROGRAM -s a root', 'any'],
    ['echo $x | PROGRAM -nI root', 'none'],
    ['echo $x | PROGRAM -~ root', 'none'],
  ],
  shell: [
    ['PROGRAM $x', 'none'],
    ['PROGRAM -x $x', 'none'],
    ['PROGRAM ./file $x', 'any'],
    ['PROGRAM -x ./file $x', 'any'],
    ['PROGRAM -Z ./file $x', 'none'],
    ["PROGRAM -c 'echo $x'", 'any'],
    ["PROGRAM -c 'sh -c $x'", 'none'],
    ["PROGRAM -c '${DEVD_A} $x'", 'none'],
    ['PROGRAM --rcfile=$x', 'none'],
    ['PROGRAM --rcfile $x', 'none'],
    ['PROGRAM -o $x', 'none'],
    ['PROGRAM --rcfile=/etc/$x', 'none'],
    ['echo a $x | PROGRAM', 'none'],
    ["echo a $x | PROGRAM -c 'cat'", 'none'],
    ['PROGRAM <$x', 'none'],
  ],
  login: [
    ['PROGRAM $x', 'none'],
    ["PROGRAM root -c 'echo $x'", 'any'],
    ["PROGRAM -l -c 'echo $x' root", 'any'],
    ["PROGRAM --command='echo $x' root", 'any'],
    ["PROGRAM root -c '$x'", 'none'],
    ["PROGRAM -s sh -c 'echo $x'", 'none'],
    ["PROGRAM root -c 'echo' a $x", 'none'],
    ['echo a $x | PROGRAM', 'none'],
  ],
  confined: [
    ["PROGRAM -- -c 'echo $x'", 'any'],
    ["PROGRAM --drop=all -- -c 'echo $x'", 'none'],
    ['PROGRAM $x', 'none'],
  ],
  evaluator: [
    ['PROGRAM $x', 'none'],
    ["PROGRAM 'echo $x'", 'any'],
    ['PROGRAM ${a} $x', 'none'],
    ['echo $x; PROGRAM ${a}', 'none'],
    ['PROGRAM -- $x', 'none'],
  ],
  source: [
    ['PROGRAM $x', 'none'],
    ['PROGRAM ./file $x', 'any'],
    ['command PROGRAM $x', 'none'],
    ['echo a $x >file; PROGRAM ./file', 'none'],
    ['echo a >$x; PROGRAM ./file', 'none'],
  ],
  service: [
    ['PROGRAM $x start', 'none'],
    ['PROGRAM a/$x start', 'none'],
    ['PROGRAM -v $x', 'none'],
    ['PROGRAM dhclient quietstart $x', 'any'],
    ['echo $x >/run/frob; PROGRAM frob restart', 'any'],
    ['echo $x | PROGRAM frob restart', 'any'],
  ],
  rereader: [
    ['PROGRAM $x', 'none'],
    ["PROGRAM 'echo $x'", 'none'],
    ['PROGRAM ls $x', 'none'],
    ['sudo PROGRAM ls $x', 'none'],
    ['echo a $x | PROGRAM', 'none'],
  ],
  assigner: [
    ['PROGRAM $x', 'none'],
    ['PROGRAM a$x', 'none'],
    ['echo $x | PROGRAM a', 'any'],
  ],
  expression: [
    ['PROGRAM $x', 'none'],
    ['PROGRAM a=$x', 'none'],
    ['echo $x; PROGRAM a', 'none'],
  ],
  language: [
    ['PROGRAM $x', 'none'],
    ["PROGRAM 'print $x'", 'none'],
    ['PROGRAM -e $x', 'none'],
    ['PROGRAM -f file $x', 'none'],
    ['echo a $x | PROGRAM', 'none'],
  ],
  interpreter: [
    ['PROGRAM $x', 'none'],
    ["PROGRAM -e 'print $x'", 'none'],
    ['PROGRAM -e print $x', 'none'],
    ['PROGRAM ./file $x', 'any'],
    ['echo a $x | PROGRAM', 'none'],
    ['PROGRAM5.36 -e $x', 'none'],
  ],
  number: [['PROGRAM $x', 'number']],
  test: [
    ['PROGRAM -n $x ]', 'any'],
    ['PROGRAM $x = a ]', 'any'],
    ['PROGRAM ! $x = a ]', 'any'],
    ['PROGRAM $x -eq 1 ]', 'number'],
    ['PROGRAM 1 -ge $x ]', 'number'],
    ['PROGRAM $x ${a} b ]', 'number'],
    ['PROGRAM $x = a -o ${a} = b ]', 'number'],
    ['PROGRAM -v $x ]', 'number'],
  ],
  runner: [
    ['PROGRAM $x', 'any'],
    ['PROGRAM -c $x', 'none'],
    ['PROGRAM --command=$x', 'none'],
    ["PROGRAM --command='a/$x'", 'none'],
    ['PROGRAM -exec $x', 'none'],
    ["PROGRAM -x sh -c 'echo $x'", 'none'],
  ],
  wrapper: [
    ['PROGRAM $x', 'none'],
    ['PROGRAM -v $x', 'none'],
    ['PROGRAM --unheard-of true $x', 'none'],
    ['PROGRAM echo $x', 'any'],
    ['PROGRAM /bin/x $x', 'any'],
    ["PROGRAM sh -c 'echo $x'", 'any'],
    ["PROGRAM frob -c 'echo $x'", 'harmless'],
    ['echo a $x | PROGRAM', 'none'],
    ['echo $x | PROGRAM echo', 'any'],
    ['echo $x | PROGRAM sh', 'none'],
  ],
};

describe('a value among the words of', () => {
  for (const [manner, names] of Object.entries(PROGRAMS)) {
    for (const name of names) {
      // `[` and `:` are no names that a version could follow.
      const cases = EXPECTED[manner as Manner].filter(
        ([source]) => /^\w/.test(name) || !source.includes('PROGRAM5'),
      );
      it(name, () => {
        for (const [source, expected] of cases) {
          // xargs alone runs echo.
          if (name === 'xargs' && source.endsWith('| PROGRAM')) continue;
          // Before the operand that is run stand others, of no meaning here.
          const before = manner === 'wrapper' ? ' one'.repeat(preambleOf(name).operands) : '';
          const command = source.replace(/PROGRAM(5\.36)?(?= [^-])/, (found) => `${found}${before}`);
          assert.equal(admits(command.replaceAll('PROGRAM', name)), expected, command);
        }
      });
    }
  }

  it('a wrapper with options: only behind those that are known is it certain where the program stands', () => {
    for (const [source, expected] of [
      ['sudo -u root true $x', 'any'],
      ['sudo -uroot true $x', 'any'],
      ['sudo -nu root -- true $x', 'any'],
      ['sudo --user=root true $x', 'any'],
      ['sudo --user root true $x', 'any'],
      ['sudo -u true $x', 'none'],
      ['sudo -s true $x', 'none'],
      ['sudo -u $x true', 'none'],
      ['sudo --login true $x', 'none'],
      ['env -S true $x', 'none'],
      ['env --split-string=true $x', 'none'],
      ['env A=$x true', 'none'],
      ['env a=$x true', 'any'],
      ['lockf -t 5 /l $x', 'none'],
      ['lockf -k /l true $x', 'any'],
      ['chroot -u nobody /var/empty $x', 'none'],
      ['flock /l $x', 'none'],
      ["flock /l -c 'echo $x'", 'any'],
      ['nice -5 true $x', 'any'],
      ['nice -n true $x', 'none'],
      ['timeout -k 5 10 true $x', 'any'],
      ['timeout -k 5 10 $x', 'none'],
      ['runuser -u www-data -- /usr/local/bin/note $x', 'any'],
      ['runuser -u www-data -- $x', 'none'],
      ['runuser -u $x -- true', 'none'],
      ['setarch i686 $x', 'none'],
      ['setarch i686 -R $x', 'none'],
      ["faketime '1 day ago' $x", 'none'],
      ['rtprio 5 $x', 'none'],
      ['rtprio 5 true $x', 'any'],
      ['truss -f true $x', 'none'],
      ['ip netns exec a $x', 'none'],
      ['echo $x | xargs rm', 'any'],
      ['echo $x | xargs frob', 'none'],
      ['echo $x | sudo tee file', 'any'],
      ['echo $x | sudo -s', 'none'],
    ] as const)
      assert.equal(admits(source), expected, source);
  });

  it('a format: with numbers in it, ksh takes the words for arithmetic', () => {
    for (const [source, expected] of [
      ["printf '%s %b%%\\n' $x", 'any'],
      ['printf %-10s $x', 'any'],
      ['printf %d $x', 'number'],
      ['printf %*s $x', 'number'],
      ['printf $x a', 'any'],
      ['printf -v a $x', 'none'],
    ] as const)
      assert.equal(admits(source), expected, source);
  });

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
    assert.equal(admits("/usr/local/sbin/frob -c 'ls '$x"), 'harmless');
    assert.equal(admits("/usr/local/sbin/frob -c 'nice '$x"), 'none');
    assert.equal(admits("/usr/local/sbin/frob -c 'a; '$x"), 'none');
    assert.equal(admits("/usr/local/sbin/frob sh -c 'echo $x'"), 'none');
    assert.equal(admits('/usr/local/sbin/frob `echo $x`'), 'harmless');
    assert.equal(admits('/usr/local/sbin/frob -- `echo $x`'), 'any');
    assert.equal(admits('a=$x; /usr/local/sbin/frob ${a}'), 'harmless');
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
    assert.equal(admits('sudo -u ${USER} frob $x'), 'none', 'it may be several words');
  });
});
