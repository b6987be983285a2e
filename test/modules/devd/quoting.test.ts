/** Values put into commands: harmless whatever they are, in every context, under the shells of this machine. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { actionEnvironment } from '../../../modules/devd/actions/index.js';
import { ActionCommand, parseTemplate, QuotingError, readRecord } from '../../../modules/devd/index.js';

function command(source: string, x: string, style?: 'bsd'): string {
  return new ActionCommand(parseTemplate(source)).render((name) => (name === 'x' ? x : ''), style);
}

function run(shell: string, script: string): string {
  const { stdout, status, stderr } = spawnSync(shell, ['-c', script], { encoding: 'utf8', timeout: 10_000 });
  assert.equal(status, 0, `${script}\n${stderr}`);
  return stdout;
}

const HOSTILE = [
  "it's",
  "'; echo INJECTED; '",
  '"; echo INJECTED; "',
  '$(echo INJECTED)',
  '`echo INJECTED`',
  '\\',
  "\\'; echo INJECTED; '",
  'a\necho INJECTED',
  '* ; | & > < ( ) { } [ ] ~ # ! ?',
  "'\\''; echo INJECTED; '\\'''",
  "$'\\'; echo INJECTED; '",
  '`\\`echo INJECTED\\``',
  '',
];

describe('a value in a command', () => {
  const contexts: [source: string, shown: (x: string) => string][] = [
    ['printf %s $x', (x) => x],
    ["printf %s '<$x>'", (x) => `<${x}>`],
    ["printf %s 'a'$x'b'", (x) => `a${x}b`],
    ['printf %s pre$x-$x', (x) => `pre${x}`],
    ["printf %s `printf %s $x | od -An -tx1 | tr -d ' \n'`", (x) => Buffer.from(x).toString('hex')],
    ["a=`printf %s '<$x>'`; printf %s $$a >/dev/null; printf ok", () => 'ok'],
    ['printf %s \\$x', (x) => `\\${x}`],
    ['printf %s $$$x', (x) => `$${x}`],
    ["sh -c 'printf %s $x'", (x) => x],
    ["sh -c 'printf %s '$x", (x) => x],
    ["sh -e -c 'sh -c '\\''printf %s $x'\\'", (x) => x],
    ['eval printf %s $x', (x) => x],
    ["eval 'printf %s $x'", (x) => x],
    ["sh -c 'printf %s \"'$x'\"'".replaceAll('"', ''), (x) => x],
    ['printf ok # $x', () => 'ok'],
    ['case $x in zzz) printf no;; *) printf %s $x;; esac', (x) => x],
    ['(cd / && printf %s $x) 2>&1', (x) => x],
    ['printf %s $x 2>/dev/null', (x) => x],
    ['a=$x; printf ok', () => 'ok'],
    ['for i in $x; do printf ok; done', () => 'ok'],
  ];
  for (const shell of ['sh', 'bash']) {
    for (const [source, shown] of contexts) {
      it(`is one piece of text in ${source} under ${shell}`, () => {
        for (const value of HOSTILE) {
          if (source.includes('$x-$x') && value !== '') continue;
          assert.equal(run(shell, command(source, value)), shown(value), JSON.stringify(value));
        }
      });
    }
  }

  it('stands in double quotes too, where a file can have them', () => {
    // Only a continuation before the closing mark brings a quotation mark into a string, but it can.
    for (const value of HOSTILE) {
      assert.equal(run('sh', command('printf %s "<$x>"', value)), `<${value}>`);
      assert.equal(run('sh', command('printf %s "\\$x"', value)), `\\${value}`);
    }
  });

  const unsure: [source: string, reason: string][] = [
    ['cat <<EOF\n$x\nEOF', 'a here document'],
    ["perl -e 'print $x'", 'another language'],
    ["awk '{ print $x }'", 'another language'],
    ['ssh host ls $x', 'a second time'],
    ['echo $x | sh', 'the input of another shell'],
    ['echo $x | /bin/bash -x', 'the input of another shell'],
    ["echo $'$x'", 'read differently'],
    ['echo ${y:-$x}', 'a parameter expansion'],
    ['`echo \\`echo $x\\``', 'a backslash inside backticks'],
    ['let a=$x', 'a second time'],
    ['[[ $x -eq 1 ]]', 'arithmetic'],
    ['a[$x]=1', 'arithmetic'],
    ["echo $(echo ')' $x)", 'a command substitution'],
    ["watch 'ls $x'", 'a second time'],
    ['. <(echo $x)', 'a process substitution'],
    ['echo $x | env sh -x', 'the input of another shell'],
    ['echo $x | xargs -I{} sh -c {}', 'the input of another shell'],
    ['echo $x | python3', 'the input of another shell'],
    ['a=$x; eval echo $$a', 'beside an eval'],
    ['alias ls=$x', 'a second time'],
  ];
  for (const [source, reason] of unsure) {
    it(`is let into ${JSON.stringify(source)} only if it is harmless`, () => {
      assert.ok(command(source, 'da0p1').includes('da0p1'));
      assert.throws(
        () => command(source, '$(id)'),
        (error) => error instanceof QuotingError && error.message.includes(reason),
      );
      assert.throws(() => command(source, 'a b'), /"\$\{DEVD_X\}"/);
    });
  }

  it('is written as FreeBSD does when asked to', () => {
    assert.equal(
      command("logger '$x' $x \\$x", "a'b\\", 'bsd'),
      "logger '$'a\\'b\\\\'' $'a\\'b\\\\' \\$'a\\'b\\\\'",
    );
    assert.equal(command('x $x', '', 'bsd'), "x $''");
    assert.equal(command('$$$x', 'v', 'bsd'), "$$'v'");
  });

  it('is refused with the name it has in the environment, which is right for every variable', () => {
    const refusal = (variable: string): string => {
      try {
        new ActionCommand(parseTemplate(`cat <<E\n$${variable}\nE`)).render(() => '$(id)');
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    };
    const record = readRecord('!system=A subsystem=B type=C device-name=d event=e', { time: 0 });
    const environment = actionEnvironment(record.variables, {});
    for (const name of ['*', '_', 'system', 'device-name']) {
      const [, word] = /as ("\$\{DEVD_[^"]*")/.exec(refusal(name)) ?? [];
      const { stdout } = spawnSync('sh', ['-c', `printf %s ${word}`], { encoding: 'utf8', env: environment });
      assert.equal(stdout, record.variables.get(name), name);
    }
    assert.doesNotMatch(refusal('event'), /DEVD_/, 'hidden by the whole record');
  });

  it('loses NUL characters, which no command can hold', () =>
    assert.equal(command('echo $x', 'a\0b'), "echo 'ab'"));
});
