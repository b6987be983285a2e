/** Values put into commands: harmless whatever they are, in every context, under the shells of this machine. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { actionEnvironment } from '../../../../modules/devd/actions/index.js';
import { ActionCommand, parseTemplate, QuotingError, readRecord } from '../../../../modules/devd/index.js';
import { quoteWord } from '../../../../modules/devd/quoting/index.js';
import { SHELLS } from './support/sandbox.js';

function command(source: string, x: string, style?: 'bsd'): string {
  return new ActionCommand(parseTemplate(source)).render((name) => (name === 'x' ? x : ''), style);
}

function run([program = 'sh', ...words]: readonly string[], script: string): string {
  const { stdout, status, stderr } = spawnSync(program, [...words, '-c', script], {
    encoding: 'utf8',
    timeout: 10_000,
  });
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
    ["printf %s '$$$x'", (x) => `$${x}`],
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
    ["printf %s $(echo ')' >/dev/null)$x", (x) => x],
    ["printf %s $x; eval 'echo a' >/dev/null", (x) => x],
  ];
  for (const { name, argv, skip } of SHELLS) {
    for (const [source, shown] of contexts) {
      it(`is one piece of text in ${source} under ${name}`, { skip }, () => {
        for (const value of HOSTILE) {
          if (source.includes('$x-$x') && value !== '') continue;
          assert.equal(run(argv, command(source, value)), shown(value), JSON.stringify(value));
        }
      });
    }
  }

  it('stands in double quotes too, where a file can have them', () => {
    // Only a continuation before the closing mark brings a quotation mark into a string, but it can.
    for (const value of HOSTILE) {
      assert.equal(run(['sh'], command('printf %s "<$x>"', value)), `<${value}>`);
      assert.equal(run(['sh'], command('printf %s "\\$x"', value)), `\\${value}`);
    }
  });

  const refused: [source: string, reason: string][] = [
    ['cat <<EOF\n$x\nEOF', 'a here document'],
    ["cat <<-'EOF'\n a\n$x\n\tEOF", 'a here document'],
    ['cat <<E.F\nE\n$x\nE.F', 'a here document'],
    ["perl -e 'print $x'", 'another language'],
    ["awk '{ print $x }'", 'another language'],
    ['ssh host ls $x', 'a second time'],
    ['echo ifconfig $x | sh', 'the input of another shell'],
    ['cat $x | /bin/bash -x', 'the input of another shell'],
    ["echo $'$x'", 'read differently'],
    ['echo ${y:-$x}', 'a parameter expansion'],
    ['echo `echo \\`echo $x\\``', 'a backslash inside backticks'],
    ['echo "`echo $x`"', 'backticks inside double quotes'],
    ['let a=$x', 'let'],
    ['[[ $x -eq 1 ]]', '[['],
    ['a[$x]=1', 'arithmetic'],
    ["watch 'ls $x'", 'a second time'],
    ['cat <(cat $x)', 'a process substitution'],
    ["echo `sh -c 'echo $x'`", 'a script in a command substitution'],
    ["echo $$(sh -c 'echo $x')", 'a script in a command substitution'],
    ["sh -c 'echo a # $x'", 'a comment in a text'],
    ['echo `echo a # $x`', 'a comment in a text'],
    ['echo $$(echo a # $x\n)', 'a comment in a text'],
    ['a=$x; eval echo $$a', 'script that variables are put into'],
    ['alias ls=$x', 'alias'],
    ["a=(1 '$x')", 'a function or an array'],
    ['echo a &>$x', 'shells read differently'],
    ["echo `echo 'a\\b' $x`", 'a backslash inside backticks'],
    ["echo `echo 'a`$x", 'quotes that are left open'],
    ['sh -c echo\\$x', 'an escape right before a value'],
    ["sh -c 'echo $$'$x", 'an escape right before a value'],
    ['eval echo `echo a` b $x', 'script that variables are put into'],
    ["sh -c 'echo a '${HOME}' '$x", 'a script that variables are put into'],
    ["sh -c 'echo a '`echo a`$x", 'script that variables are put into'],
    ['perl -w pre$x', 'another language'],
    ["perl -w a'b'$x", 'another language'],
    ["awk -f prog 'a b'$x", 'another language'],
  ];
  for (const [source, reason] of refused) {
    it(`is let into ${JSON.stringify(source)} in no way`, () => {
      for (const value of ['da0p1', '$(id)', '5', ''])
        assert.throws(
          () => command(source, value),
          (error) => error instanceof QuotingError && error.message.includes(reason),
        );
      assert.throws(() => command(source, 'a b'), /let a script read it from its environment, as DEVD_X$/);
    });
  }

  const unsure: [source: string, reason: string, right: readonly string[], wrong: readonly string[]][] = [
    ['frob -c $x', 'an option', ['da0p1', '5', ''], ['$(id)', 'a b', '-c']],
    ["frob -c 'interface start '$x", 'an option', ['da0p1', '5', ''], ['$(id)', 'a b']],
    ['frob `echo $x`', 'the output of a command', ['da0p1', '5', ''], ['$(id)', 'a b', '-c']],
    ['export a=$x', 'a word that shells split or not', ['da0p1', '5', ''], ['$(id)', 'a b']],
    ['[ $x -eq 1 ]', 'a comparison of numbers', ['5', '-5', ''], ['$(id)', 'a b', 'DEVD_Y', 'da0p1', '5 5']],
    ['shift $x', 'arithmetic', ['5', ''], ['$(id)', 'DEVD_Y']],
    ['printf %d $x', 'arithmetic', ['5', ''], ['$(id)', 'DEVD_Y']],
  ];
  for (const [source, reason, right, wrong] of unsure) {
    it(`is let into ${JSON.stringify(source)} only if that is what it can be`, () => {
      for (const value of right) assert.ok(command(source, value).includes(quoteWord(value)), value);
      for (const value of wrong)
        assert.throws(
          () => command(source, value),
          (error) =>
            error instanceof QuotingError &&
            error.message.includes(value === '-c' ? 'begins with a dash' : reason),
          value,
        );
    });
  }

  it('escapes a dollar sign in front of it where its quotes would change what that means, and only there', () => {
    assert.equal(command('echo $$$x', 'v'), "echo \\$'v'");
    assert.equal(command('echo "$$$x"', 'v'), `echo "$"'v'""`);
  });

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
      const [, variable = '', less] =
        /, as (DEVD_\w+)( less its first character)?$/.exec(refusal(name)) ?? [];
      assert.equal(
        environment[variable]?.slice(less === undefined ? 0 : 1),
        record.variables.get(name),
        name,
      );
    }
    assert.doesNotMatch(refusal('event'), /DEVD_/, 'hidden by the whole record');
  });

  it('loses its ends of lines in a comment', () =>
    assert.equal(command('true # $x', 'a\rb\nc\r\nd'), 'true # a b c  d'));

  it('is no option: a dash is refused before which no -- stands, but for numbers', () => {
    const withDash =
      (source: string): (() => string) =>
      () =>
        command(source, '-rf');
    for (const source of ['rm $x', "rm '$x/'", 'sudo rm $x', 'rm -- a; rm $x', 'find . -- $x', 'frob $x'])
      assert.throws(withDash(source), /begins with a dash .* write -- before it$/, source);
    for (const source of [
      'rm -- $x',
      'rm ./$x',
      'echo $x',
      '[ $x = a ]',
      'rm <$x',
      'a=$x',
      'for i in $x; do :; done',
    ])
      assert.match(withDash(source)(), /-rf/, source);
    for (const value of ['-', '-70', '-0.5']) assert.equal(command('frob $x', value), `frob '${value}'`);
  });

  it('may be the command itself where it is the configuration that says so', () => {
    const start = new ActionCommand(parseTemplate('$x start'));
    const render = (value: string, isSet: boolean): string =>
      start.render({ value: () => value, isSet: () => isSet });
    assert.equal(render('/etc/rc.d/x', true), '/etc/rc.d/x start');
    assert.throws(() => render('/etc/rc.d/x', false), /the name of the command that is run/);
    assert.throws(() => render('a b', true), QuotingError);
  });

  it('is refused in the environment too, unless nothing is there', () => {
    const run = new ActionCommand(parseTemplate('${DEVD_X}; eval echo ${DEVD_Y}'));
    const render = (DEVD_X: string, DEVD_Y: string): string =>
      run.render({ value: () => '', environment: () => ({ DEVD_X, DEVD_Y }) });
    assert.match(render('', ''), /eval/);
    assert.throws(() => render('a', ''), /\$\{DEVD_X\} is not safe .*: let a script read DEVD_X/);
    assert.throws(() => render('', 'a'), /\$\{DEVD_Y\} is not safe/);
    assert.throws(() => render('', ';'), /\$\{DEVD_Y\} is not safe/);
    assert.throws(() => run.render(() => ''), QuotingError, 'where the environment is not known');
  });

  const deep: [what: string, source: string][] = [
    ['groups', `${'( '.repeat(5000)}logger $x${' )'.repeat(5000)}`],
    ['substitutions', `logger ${'$$(echo '.repeat(5000)}$x${')'.repeat(5000)}`],
    ['scripts', `${'eval '.repeat(15)}logger $x`],
    ['wrappers', `${'sudo '.repeat(10_000)}logger $x`],
  ];
  for (const [what, source] of deep) {
    it(`is refused in ${what} that are deeper than is followed`, () => {
      assert.throws(() => command(source, "'".repeat(8000)), QuotingError);
    });
  }

  it('loses NUL characters, which no command can hold', () =>
    assert.equal(command('echo $x', 'a\0b'), "echo 'ab'"));
});
