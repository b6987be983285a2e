/**
 * Actions in which a value was, or could be, read as a command although it was quoted where it stood. Each is run with
 * hostile values by every shell of this machine: nothing may run, and `--check` warns of those that are refused.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { checkConfig, parseConfig } from '../../../../modules/devd/index.js';
import { render } from './support/render.js';
import { type Case, Sandbox, SHELLS } from './support/sandbox.js';

const sandbox = new Sandbox();
after(() => sandbox[Symbol.dispose]());

const HOSTILE = [
  'pwn',
  ';pwn;',
  '$(pwn)',
  '`pwn`',
  "';pwn;'",
  '";pwn;"',
  "'\\'';pwn;'",
  '\npwn\n',
  '|pwn',
  '&pwn&',
  'a[$(pwn)]',
  '\\`pwn\\`',
  'system("pwn")',
  '`pwn`.',
  'exec=pwn',
  '!pwn',
  '--cmd=pwn',
  '-cpwn',
  "$'\\';pwn;'",
  ')};pwn',
  '\r\npwn\r\n',
  '5 pwn',
];

/** Where a value is quoted right, however often it is read. */
const QUOTED: readonly string[] = [
  'echo $x',
  "echo 'a $x'",
  "sh -c 'echo $x'",
  "rbash -c 'echo $x'",
  "capsh -- -c 'echo $x'",
  "su root -c 'echo $x'",
  "su -c'echo $x' root",
  "su --command='echo $x' root",
  "perl -e 'print 1' ; echo $x",
  'eval echo $x',
  "eval 'echo $x'",
  "trap 'echo $x' EXIT",
  'echo `echo $x`',
  'echo $x | cat',
  'echo $x | (cat)',
  'echo $x |\n  cat',
  'echo a | cat; sh -c true; echo $x',
  '(echo a | cat) && sh -c true; echo $x',
  '{ echo a | cat; }; sh -c true; echo $x',
  'echo $x > f; cat f',
  'echo $x > f; sh -c true',
  "echo $x > f; awk '{ print }' f; sed s/a/b/ f",
  'echo $x > f; sudo -u root cat f; tar cf g f',
  'a=$x; echo ${a}',
  'eval true; a=1; echo a # $x',
  'frob -- $x',
  'if true; then echo $x; fi',
  'while read a; do echo $x; done',
  "sudo sh -c 'echo $x'",
  'env A=1 echo $x',
  'timeout 5 echo $x',
  'echo $x 2>&1',
  'tar cf /dev/null --files-from /dev/null -- $x',
];

/** Where it is not, and the reason that is given. */
const REFUSED: readonly (readonly [source: string, reason: RegExp])[] = [
  // A pipe into a shell, in any layout.
  ['echo $x | sh', /input of another shell/],
  ['echo $x | (sh)', /input of another shell/],
  ['echo $x | ( sh )', /input of another shell/],
  ['echo $x | { sh; }', /input of another shell/],
  ['echo $x | { { true; }; sh; }', /input of another shell/],
  ['echo $x | (true; (true); sh)', /input of another shell/],
  ['echo $x |\n  sh', /input of another shell/],
  ['echo $x | # a comment\n\n sh', /input of another shell/],
  ['echo $x |& sh', /\|&, which shells read differently/],
  ['echo $x | cat | sh', /input of another shell/],
  ['{ echo $x; } | sh', /input of another shell/],
  ['(echo $x) | sudo sh', /input of another shell/],
  ['echo $x | if true; then sh; fi', /input of another shell/],
  ['echo $x | while true; do sh; break; done', /input of another shell/],
  ['echo $x | case a in a) true; sh;; esac', /input of another shell/],
  ['echo $x | ! sh', /!, which shells read differently/],
  ['echo $x | A=1 sh', /input of another shell/],
  ['echo $x | 2>&1 sh', /input of another shell/],
  ['echo $x | /bin/sh -s', /input of another shell/],
  ['echo $x | env -i /bin/sh', /input of another shell/],
  ['echo $x | sudo -s', /input of another shell/],
  ['echo $x | xargs -I{} sh -c {}', /a brace in a word/],
  ['echo $x | ssh host', /input of another shell/],
  ['echo $x | perl', /input of another shell/],
  ['echo $x | python3.11', /input of another shell/],
  ['echo $x | (cd /; exec bash)', /input of another shell/],
  ['echo $x | `echo sh`', /the input of another shell or interpreter/],
  ['function f { sh; }; echo $x | f', /function/],
  ['f() { sh; }; echo $x | f', /function|cannot be followed/],
  // A shell by another name, or by another option.
  ["sg root -c 'echo $x'", /second time/],
  ["sg root 'echo $x'", /second time/],
  ["sg root -c '$x'", /a command that reads its words a second time/],
  ["sg root -c '$x'| (sh)", /the input of another shell or interpreter/],
  ['sg root -c $x', /a command that reads its words a second time/],
  ["sg root 'true; $x'", /a command that reads its words a second time/],
  ["ssh host 'false || $x'", /a command that reads its words a second time/],
  // Not every shell knows it.
  ['[[ a; $x', /\[\[/],
  ['[[ a || $x ]]', /\[\[/],
  ['[[ a == $x ]]', /\[\[/],
  ["su --comm='echo $x' root", /option of a shell/],
  ['su --comm=$x root', /option of a shell/],
  ['su root --session-command $x', /an option of a shell/],
  ["su root --session-command 'echo $x'", /an option of a shell/],
  ["frob -c 'echo $x'", /option, which may be a command/],
  ["frob --cmd='echo $x'", /option, which may be a command/],
  ['frob -c$x', /option, which may be a command/],
  // Options that run commands.
  ["tar --checkpoint=1 --checkpoint-action='exec=echo $x' -cf /dev/null /dev/null", /option/],
  ['tar --to-command $x -xf a', /option/],
  ['git -c alias.x=$x x', /option/],
  ["git -c alias.x='!echo $x' x", /option/],
  ['find . -exec $x ;', /name of a command/],
  ["find . -exec sh -c 'eval $x' ;", /the name of a command that is run/],
  ['ssh host $x', /a command that reads its words a second time/],
  ['ssh -o ProxyCommand=$x host', /second time/],
  // Another language.
  ["perl5.36.0 -e 'print q($x)'", /another language/],
  ["python3.11 -c 'print($x)'", /another language/],
  ['awk $x', /another language/],
  ['sed s/a/$x/e', /another language/],
  ["sqlite3 db '.shell $x'", /another language/],
  // The value is the command, or its script.
  ['$x', /name of the command/],
  ['true && $x', /name of the command/],
  ['if $x; then true; fi', /name of the command/],
  ['! $x', /name of the command/],
  ['2>&1 $x', /name of the command/],
  ['a=1 $x', /name of the command/],
  ["sh -c '$x'", /name of the command/],
  ["bash -c 'echo $$'$x", /an escape right before a value/],
  ['sh -c \\$x', /an escape right before a value/],
  ["eval $x'| bash -c true'", /the input of another shell or interpreter/],
  ['sh -c $x | sh', /the input of another shell or interpreter/],
  ['sh -c $x', /name of the command/],
  ['sh $x', /the file of commands that is read/],
  ['. $x', /file of commands/],
  ['sudo $x', /name of a command/],
  ['env A=1 $x', /the name of the command that is run/],
  ['timeout 5 $x', /the name of the command that is run/],
  ["env -S 'sh -c $x'", /name of a command/],
  ["env --split-string='sh -c $x'", /name of a command/],
  ['nice -n 5 $x', /name of a command/],
  ['exec $x', /name of a command/],
  ['sh -c `echo $x`', /script that variables are put into|name of the command/],
  // A harmless value behind what runs a command, in a text that is read again, or given out to be.
  ["su root --session-command 'timeout 5 '$x", /an option of a shell/],
  ["su root --session-command ' '$x", /an option of a shell/],
  ["su --comm='nice '$x root", /option of a shell/],
  ["sg root 'nice '$x", /second time/],
  ["sg root -c 'true; nice '$x", /second time/],
  ['ssh host nice $x', /second time/],
  ["git -c alias.x='!nice '$x x", /option/],
  ["echo 'timeout 5 '$x | sh", /input of another shell/],
  ['echo timeout 5 $x | sh', /input of another shell/],
  ["echo 'true; '$x > f; . ./f", /writes a file and may run it/],
  // A program that runs one that runs another.
  ['sudo timeout 5 $x', /the name of the command that is run/],
  ['nice env A=1 timeout 5 $x', /the name of the command that is run/],
  ['find . -exec nice $x ;', /name of a command/],
  ['find . -exec env timeout 5 $x ;', /name of a command/],
  ['sudo -u root $x', /name of a command/],
  ['${SH} -c $x', /name is in a variable/],
  ["sh -c '${SH} -c '$x", /name is in a variable/],
  ['sudo ${SH} -c $x', /name of a command/],
  // Behind what shells read differently, where a command begins.
  ["echo $'a'; $x", /a dollar sign that shells read differently/],
  ['true &> f; $x', /&>, which shells read differently/],
  ['f() { true; }; $x', /a function or an array/],
  ["echo ${a:-'b'}; $x", /a parameter expansion that is not plain/],
  ['cat <<E\na\nE\n$x', /a here document/],
  ['cat <<E; $x\na\nE', /a here document/],
  // In what is run although it stands in text.
  ['cat <<E\n`$x`\nE', /a here document/],
  ['cat <<E\n$$(nice $x)\nE', /a here document/],
  ["cat <<E\nit's `$x`\nE", /a here document/],
  ['cat <<E\n# `$x`\nE', /a here document/],
  ['echo $$(nice $x)', /name of a command/],
  ['echo $$(echo a; $x)', /name of the command/],
  ['echo `echo \\`$x\\``', /a backslash inside backticks/],
  ['echo ${a:-`$x`}', /a parameter expansion that is not plain/],
  ['${a:-$x}', /a parameter expansion that is not plain/],
  // The other shell takes what the backticks give out for a part of its script, and so what stands beside it.
  ['sh -c a`b`$x', /script that variables are put into/],
  ['sh -c `b`a$x', /script that variables are put into/],
  ["sh -c 'echo '`b`' $x'", /script that variables are put into/],
  ['su root -c `b`$x', /script that variables are put into/],
  ['eval echo a `b` $x', /script that variables are put into/],
  // mksh reads on to the bracket that closes it, over the quote; other shells do not.
  ["a[b '\necho $x'", /an element of an array/],
  ["A=1 a[b '\n$x", /an element of an array/],
  // Written to a file that is then read as commands.
  ['echo Y=$x > f; . ./f', /writes a file and may run it/],
  ['echo $x > f; sh f', /writes a file and may run it/],
  ['echo $x > f; chmod +x f; ./f', /writes a file and may run it/],
  ['echo $x > f; sh < f', /writes a file and may run it/],
  ['echo $x | tee f; sh f', /writes a file and may run it/],
  ['echo $x > f; cp f g; sh g', /writes a file and may run it/],
  ['{ echo $x; } > f; sudo sh f', /writes a file and may run it/],
  ['echo $x > f; at -f f now', /writes a file and may run it/],
  ['echo $x > f; crontab f', /writes a file and may run it/],
  ['echo $x > f; make -ff', /writes a file and may run it/],
  ['echo $x > f; csh ./f', /writes a file and may run it/],
  ['echo $x > f; socat - EXEC:./f', /writes a file and may run it/],
  ['echo $x > f; awk -f f', /writes a file and may run it/],
  ['echo $x > f; sed -n --file=f g', /writes a file and may run it/],
  ["echo $x > f; perl -e 'do qq(./f)'", /writes a file and may run it/],
  ['echo $x > f; sudo -X ./f', /writes a file and may run it/],
  ['echo $x > f; setarch ./f', /writes a file and may run it/],
  ['echo $x > f; service ../../f start', /writes a file and may run it/],
  ['echo $x > f; find . -exec ./f +', /writes a file and may run it/],
  ['echo $x > f; tar --to-command=./f -xf g', /writes a file and may run it/],
  ['echo $x > f; su -c true root --shell ./f', /writes a file and may run it/],
  // A variable of the shell on the way.
  ['a=$x; eval echo ${a}', /script that variables are put into/],
  ['eval a=$x; eval echo ${a}', /script that variables are put into/],
  ["a=$x; sh -c 'echo '${a}", /script that variables are put into/],
  ['a=$x; sh -c ${a}', /script that variables are put into/],
  ['a=$x; ${a}', /the name of the command that is run/],
  ['for i in $x; do ${i}; done', /the name of the command that is run/],
  ['PS4=$x; set -x; true', /steer a shell/],
  ['env PS4=$x sh -xc true', /steer a shell/],
  ['BASH_ENV=$x bash -c true', /steer a shell/],
  ['ENV=$x sh -ic true', /steer a shell/],
  ['export PS4=$x; set -x; true', /a variable in capitals/],
  ['for PATH in $x; do ls; done', /a variable in capitals/],
  ['echo $x | while read PATH; do ls; done', /a variable in capitals/],
  // It is the name of the script, which is put in again.
  ["sh -c '$$0' $x", /the name of the command/],
  ["sh -c '$$1' sh $x", /the name of the command/],
  ["set -- $x; sh -c '$$'1", /the name of the command that is run/],
  // ksh93 runs what stands behind it.
  ['ksh93 ! $x', /file of commands/],
  ['sh file $x', /file of commands/],
  ['sh <$x', /file of commands/],
  ['exec <$x; sh', /file of commands/],
  // Options of wrappers take a word or not.
  ['chroot -u nobody /var/empty $x', /name of a command|name of the command/],
  ['lockf -t 5 /l $x', /name of a command|name of the command/],
  ['sudo -u ls $x', /name of a command|name of the command/],
  ['time A=1 $x', /name of the command/],
  ['nice A=1 $x', /behind another command/],
  ['ip netns exec a $x', /name of a command/],
  ['ssh -i key host $x', /second time/],
  ["a=$x sg root 'sudo ${a}'", /second time/],
  ["export a=$x; sg root 'sudo ${a}'", /second time/],
  ['!$xenv $x| (sh)#', /the input of another shell/],
  ['echo $y >$x; ./f', /writes a file and may run it/],
  // Arithmetic, by the name of a variable.
  ['printf %d $x', /arithmetic/],
  ['print -f %d $x', /an option of print/],
  ['[ $x ${a} 1 ]', /arithmetic/],
  ['set -A $x 1', /an option/],
  ['wait -n -p $x', /an option/],
  ['unset $x', /the name of a variable/],
  // Arithmetic.
  ['[ $x -eq 1 ]', /arithmetic/],
  ['test 1 -lt $x', /arithmetic/],
  ['shift $x', /arithmetic/],
  ['ulimit -c $x', /arithmetic/],
  ['echo a >&$x', /arithmetic/],
  ['test -v $x', /arithmetic/],
  ['printf -v $x a', /an option of printf/],
  ['read $x', /the name of a variable/],
];

/** Where the environment's variable is read as more than a value. */
const ENVIRONMENT: readonly string[] = [
  'eval echo ${DEVD_X}',
  // In a word that another shell reads, and nobody follows.
  "sg root 'sudo ${DEVD_X}'",
  "su root -c 'sudo ${DEVD_X}' EXIT",
  "sudo -s 'sudo ${DEVD_X}'",
  "frob -c 'nice ${DEVD_X}'",
  "find . -exec sh -c 'nice ${DEVD_X}' ;",
  "git -c alias.x='!nice ${DEVD_X}' x",
  "sg root 'sudo `env`'",
  '[ DEVD_X -eq 1 ]',
  "sh -c 'echo '${DEVD_X}",
  'eval ${DEVD_X}',
  'eval nice ${DEVD_X}',
  'sh -c ${DEVD_X}',
  "sh -c ''${DEVD_X}",
  "sh -c 'timeout 5 '${DEVD_X}",
  "sh -c '${NICE} '${DEVD_X}",
  "su root --session-command ' timeout 5 '${DEVD_X}",
  'ssh host nice ${DEVD_X}',
  'sudo timeout 5 ${DEVD_X}',
  '$(echo sh -c ${DEVD_X})',
  '`echo ${DEVD_X}`',
  'sh -c `echo ${DEVD_X}`',
  'sudo $(echo ${DEVD_X})',
  // Each blank of the value begins a word.
  'timeout ${DEVD_X}',
  'sudo -u ${DEVD_X} true',
  'echo `eval echo ${DEVD_X}`',
  'echo $(eval echo ${DEVD_X})',
  'ssh host ls ${DEVD_X}',
  '${DEVD_X}',
  'sudo ${DEVD_X}',
  'sh ${DEVD_X}',
  "perl -e 'print '${DEVD_X}",
  'frob -c ${DEVD_X}',
  'frob ${DEVD_X}',
  'env | sh',
  'set | (sh)',
  'echo ${DEVD_X} | sh',
  'echo ${DEVD_X}| (sh)',
  'printenv DEVD_X | { sh; }',
  'cat /dev/null; echo ${DEVD_X} | ssh host',
  'echo ${DEVD_X} > f; . ./f',
  'echo A=${DEVD_X} | tee f; sh f',
  'PS4=${DEVD_X}; set -x; true',
];

function warnings(source: string): string[] {
  const parsed = parseConfig(`notify 1 { action "${source}"; };\n`);
  assert.equal(parsed.error, undefined);
  return checkConfig([parsed]).map(({ message }) => message);
}

/** @param isOwn whether the program runs what the author wrote: then a harmless name may be a command, as it says */
function assertNothingRuns(source: string, isOwn = /frob|\.shell/.test(source)): void {
  const cases: Case[] = HOSTILE.filter((value) => !isOwn || !/^[\w.=-]*$/.test(value)).flatMap((value) => {
    const { script, environment } = render(source, value);
    return script === undefined ? [] : [{ script, environment }];
  });
  if (cases.length === 0) return;
  for (const { name, argv, skip } of SHELLS) {
    if (skip === false) assert.deepEqual(sandbox.takenOver(argv, cases), [], name);
  }
}

describe('an action', { timeout: 600_000 }, () => {
  for (const source of QUOTED) {
    it(`runs nothing of a value, and is not refused for one: ${JSON.stringify(source)}`, () => {
      for (const value of HOSTILE) {
        const { script, refusal } = render(source, value);
        if (script === undefined) assert.match(refusal, /begins with a dash/, value);
      }
      assertNothingRuns(source);
      assert.deepEqual(warnings(source), []);
    });
  }

  for (const [source, reason] of REFUSED) {
    it(`is not run with a value that could be a command: ${JSON.stringify(source)}`, () => {
      assert.match(render(source, '$(pwn)').refusal, reason);
      assertNothingRuns(source);
      assert.ok(
        warnings(source).some((message) => reason.test(message)),
        `no warning of ${source}: ${warnings(source).join('\n')}`,
      );
    });
  }

  for (const source of ENVIRONMENT) {
    it(`is not run where it reads the environment twice: ${JSON.stringify(source)}`, () => {
      assert.notEqual(render(source, source.startsWith('frob $') ? '-cpwn' : '$(pwn)').refusal, '');
      assertNothingRuns(source);
    });
  }

  it('would be caught here if it were not', () => {
    const shell = SHELLS.find(({ skip }) => skip === false)!.argv;
    const scripts = [
      "sg root 'echo '\\''$(pwn)'\\'",
      "sg root 'echo $(pwn)'",
      'echo ${DEVD_X}',
      "frob --cmd='echo $(pwn)'",
      ': >pwned',
      '${DEVD_X}',
    ];
    const cases = scripts.map((script) => ({ script, environment: { DEVD_X: 'pwn' } }));
    assert.deepEqual(sandbox.takenOver(shell, cases), [scripts[1], ...scripts.slice(3)]);
  });
});
