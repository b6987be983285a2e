/** What a value may be at places that few actions have, and what of the environment counts there. No shell is run. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QuotingError } from '../../../../modules/devd/quoting/index.js';
import { ShellReader } from '../../../../modules/devd/quoting/reader.js';
import { assertAdmits, made, rereads } from './support/analysis.js';

describe('a comparison', () => {
  it('is one of texts if its operator is, in whatever word the value stands', () => {
    assertAdmits({
      '[ $x ]': 'any',
      'test $x': 'any',
      '[ ! $x ]': 'any',
      '[ ! -n $x ]': 'any',
      '[ ! $x != a ]': 'any',
      '[ a -n $x ]': 'number',
      '[ ! a $x ]': 'number',
      '[ a $x ]': 'number',
      '[ a $x = a ]': 'number',
      '[ ! $x -eq a ]': 'number',
      '[ ${a} $x ]': 'number',
    });
  });

  it('may have more words than one sees, where the shell puts in some: none is an operator then', () => {
    assertAdmits({
      '[ `echo $x` = a ]': 'harmless',
      '[ a`echo $x` = a ]': 'harmless',
      '[ "${a}" = $x ]': 'any',
    });
    assert.deepEqual(rereads('[ ${DEVD_A} = a ]'), ['DEVD_A']);
    assert.deepEqual(rereads('[ "${DEVD_A}" = a ]'), []);
  });

  it('of known words is arithmetic only by its operator, however many they are', () => {
    assert.deepEqual(rereads('[ DEVD_A = a -o DEVD_B = b ]'), []);
    assert.deepEqual(rereads('[ DEVD_A = a -o DEVD_B -eq 1 ]'), ['DEVD_A', 'DEVD_B']);
  });
});

describe('a format', () => {
  it('may be a value beside what is known, and is then no option', () => {
    assertAdmits({
      'printf $x a': 'any',
      'printf $x ${a}': 'none',
      'printf $x $y': 'none',
      'print %d $x': 'any',
    });
    const format = made('printf $x a');
    assert.throws(() => format.render(() => '-v'), /begins with a dash/);
    assert.match(
      made('printf %s $x').render(() => '-v'),
      /-v/,
    );
    assert.deepEqual(rereads('printf DEVD_A ${a}'), []);
  });

  it('may be missing', () => assertAdmits({ 'printf; echo $x': 'any', 'print; echo $x': 'any' }));
});

describe('a program that takes a message', () => {
  it('has options, one of which sends a file: no value becomes one', () => {
    const value = '-f/etc/shadow';
    for (const source of ['logger $x', 'logger -t devd $x', 'logger link $x', 'sudo logger $x', 'wall $x'])
      assert.throws(() => made(source).render(() => value), /begins with a dash.*write -- before it/, source);
    for (const source of ['logger -- $x', "logger 'link $x'", 'logger -t devd -- $x', 'echo $x'])
      assert.ok(
        made(source)
          .render(() => value)
          .includes(value),
        source,
      );
    for (const number of ['-1', '-'])
      assert.equal(
        made('logger $x').render(() => number),
        `logger '${number}'`,
      );
  });
});

describe('a variable of the shell', () => {
  it('in capitals is the record’s own if it is called DEVD_', () =>
    assertAdmits({
      'DEVD_A=$x; true': 'any',
      'for DEVD_A in $x; do true; done': 'any',
      'for A in $x; do true; done': 'none',
      'export a=$x': 'harmless',
      'export A=$x': 'none',
      'export A=b; echo $x': 'any',
    }));

  it('in capitals may hold a value of the record once something was assigned to it', () => {
    assertAdmits({
      'perl -e ${A}; echo $x': 'any',
      'A=b; perl -e ${A}; echo $x': 'none',
      'for A in b; do perl -e ${A}; done; echo $x': 'none',
      'export A=b; perl -e ${A}; echo $x': 'none',
      'read a; perl -e ${a}; echo $x': 'none',
    });
  });

  it('is not followed where shells read its assignment differently', () =>
    assertAdmits({
      'a+=$x': 'none',
      'unset a=b; echo $x': 'none',
      'read a=b; echo $x': 'none',
      'export a[1]=b; echo $x': 'none',
      "read 'a[1]'; echo $x": 'none',
    }));
});

describe('what runs another command', () => {
  it('has no word of the grammar behind it, and may have nothing', () =>
    assertAdmits({
      'time while $x': 'none',
      'eval; echo $x': 'any',
      "eval -x 'echo $x'": 'none',
      "trap 'echo a' $x": 'none',
      "trap 'echo $x' EXIT": 'any',
      "trap '{ echo $x; }' EXIT": 'any',
      'capsh -- ./file $x': 'any',
      "capsh -- -c '$x'": 'none',
      'runuser -u a printf %d $x': 'number',
      'su -u a true $x': 'none',
      '.; echo $x': 'any',
      'time; echo $x': 'any',
      'runuser -u a true $x': 'any',
      'runuser -u a -- true $x': 'any',
      'runuser -u a -- -x $x': 'none',
      'runuser -u a; echo $x': 'any',
      'su -u a $x': 'none',
    }));

  it('that writes a file is known by its name, listed or not', () =>
    assertAdmits({ 'echo $x | sponge f; sh f': 'none', 'echo $x | sponge f; sh g': 'any' }));

  it('runs no file that it is told to write or to copy, but what an option names', () =>
    assertAdmits({
      'rsync -a /a/f /b/f; echo $x': 'any',
      'scp f host:f && echo $x': 'any',
      'install -d /run/f; echo $x': 'any',
      'echo $x > f; scp f host:f': 'any',
      'echo $x > f; scp -S ./f a host:a': 'none',
      'echo $x > f; rsync -e ./f a host:a': 'none',
      'echo $x > f; scp f host:f; ssh host ./f': 'none',
      'echo $x > a; rsync a f; ./f': 'none',
      'scp -S ./f a host:a > f; echo $x': 'none',
    }));

  it('finds files by others without running them', () =>
    assertAdmits({
      'find . -newer f -delete; echo $x > f': 'any',
      'find . -name f -exec true +; echo $x > f': 'none',
    }));

  it('may read what it is given for commands', () =>
    assertAdmits({
      'echo $x | tar x': 'none',
      'echo $x | . ./f': 'none',
      'echo $x | sort': 'any',
      'echo $x | service a b': 'any',
      'echo $x | eval true': 'none',
      'echo $x | capsh -- ./f': 'none',
      'echo $x >f; { cat; } <f': 'none',
    }));
});

describe('a program of another language', () => {
  it('may be a file that was written: what an option names, and of those that are no filters an operand', () =>
    assertAdmits({
      'echo $x >job; perl -w a job': 'none',
      'echo $x >job; awk -f job': 'none',
      'echo $x >job; awk -fjob': 'none',
      'echo $x >job; awk a job': 'any',
    }));

  it('is why, whether its words are known or not', () => {
    for (const source of ['perl $x', 'perl -w $x', 'awk $x'])
      assert.equal(made(source).variables()[0]!.place.doubt?.reason, 'a program in another language', source);
  });
});

describe('a program that writes files', () => {
  it('writes all that it is given, or the last', () =>
    assertAdmits({
      'echo $x | tee f g; sh f': 'none',
      'echo $x | tee -a f; sh ./-a': 'any',
      'cp $x f; sh f': 'none',
      'cp f g $x; sh ./f': 'none',
      'cp f g; sh ./f; echo $x': 'any',
      'cp f $x g; sh ./g': 'none',
      'cp f $x g; sh ./f': 'any',
    }));
});

describe('a wrapper', () => {
  it('runs what stands behind its own words', () =>
    assertAdmits({
      "flock /l -c 'echo a' $x": 'none',
      'flock /l -c; echo $x': 'any',
      "flock /l -c 'perl -e ${DEVD_A}'; echo $x": 'none',
      "nice -c 'echo $x'": 'none',
      'env a=b PATH=$x true': 'none',
      'env true PATH=$x': 'any',
      'env a=$x PATH=b true': 'any',
      'echo $x | xargs': 'any',
      'echo $x | nice sort': 'any',
      'echo $x | nice tar x': 'none',
      'echo $x | xargs sort': 'none',
      'echo $x | xargs -r': 'any',
    }));

  it('has its own options and operands, behind which that stands only if all of them are known', () =>
    assertAdmits({
      'timeout $x true': 'none',
      'timeout ${a} true $x': 'none',
      'timeout a${b} true $x': 'none',
      "timeout 5 -c 'echo $x'": 'none',
      'nice -- printf %d $x': 'number',
      'sudo -5 true $x': 'none',
      'sudo --user root printf %d $x': 'number',
      'sudo --user=root printf %d $x': 'number',
      'sudo --foo=bar true $x': 'none',
      'sudo --background true $x': 'any',
      'sudo --background=a true $x': 'none',
      'sudo -: true $x': 'none',
    }));
});

describe('an option of a program that nobody knows', () => {
  it('takes a value that names no command, however much before it is read as one', () =>
    assertAdmits({
      'frob -a$x': 'harmless',
      'frob -ab$x': 'harmless',
      'frob -a=$x': 'harmless',
      'frob -a b$x': 'harmless',
      "frob -a 'ls '$x": 'harmless',
      "frob -a 'nice '$x": 'none',
      "frob -a 'xnice '$x": 'harmless',
      "frob -a 'b:nice '$x": 'none',
      "frob -a 'b:ls '$x": 'harmless',
      "frob -a 'b=ls '$x": 'none',
      'frob -a ${b}$x': 'none',
      'frob -a ${HOME}$x': 'none',
      "frob -a 'a <<b '$x": 'none',
      "frob -a 'nice b '$x": 'harmless',
      "frob -a 'echo \\'$x": 'none',
      "frob -a 'sh -c a '$x": 'none',
      'frob -a \'ls "b" \'$x': 'harmless',
      "frob -a 'tar x '$x": 'harmless',
      'frob --a=b $x': 'any',
      'frob --a= $x': 'any',
      'frob --a $x': 'harmless',
      'frob - $x': 'any',
      'frob -5 $x': 'any',
      'echo $x >job; frob -f job': 'any',
      'echo $x >job; tar -f job': 'none',
    }));

  it('may be what the shell puts in at the beginning of a word, or as several words', () => {
    const optional = (source: string, value: string): boolean => {
      try {
        made(source).render({ value: () => '', environment: () => ({ DEVD_A: value }) });
        return false;
      } catch (error) {
        assert.ok(error instanceof QuotingError);
        return true;
      }
    };
    for (const [source, isOption, splits] of [
      ['rm ${DEVD_A}', true, true],
      ['rm "${DEVD_A}"', true, false],
      ['rm a${DEVD_A}', true, true],
      ['rm "a${DEVD_A}"', false, false],
      ['rm -- ${DEVD_A}', false, false],
      ['find . -- ${DEVD_A}', true, true],
      ['tar -- ${DEVD_A}', false, false],
      ['rm `echo ${DEVD_A}`', true, true],
      ['rm `env`', true, true],
    ] as const) {
      assert.equal(optional(source, '-a'), isOption, source);
      assert.equal(optional(source, 'b -a'), splits, source);
    }
    assertAdmits({ 'rm `echo $x`': 'any', 'frob "`true`"$x': 'none', 'frob a`echo $x`': 'harmless' });
  });
});

describe('a shell', () => {
  it('has a file or a script behind its options', () =>
    assertAdmits({
      'sh -- ./f $x': 'any',
      'sh - ./f $x': 'any',
      'sh - -x ./f $x': 'none',
      "sh -c -- 'echo $x'": 'any',
      "sh -c -e 'echo $x'": 'any',
      'bash --posix ./f $x': 'any',
      'sh -c; echo $x': 'any',
      'sh; echo $x': 'any',
      'sh -c -$x': 'none',
    }));

  it('of another user has one script, wherever the name of that one stands', () =>
    assertAdmits({
      "su --command 'echo $x' root": 'any',
      "su --command='nice $x' root": 'none',
      "su -c'nice $x' root": 'none',
      "su - -c 'echo $x'": 'any',
      "su --login -c 'echo $x'": 'any',
      "su root bob -c 'echo $x'": 'none',
      "su -s -c 'echo $x'": 'none',
      "su -c 'echo $x' -c 'echo a'": 'none',
      'su -c; echo $x': 'any',
    }));

  it('reads what another command says only behind the pipe, and there wherever it stands', () =>
    assertAdmits({
      'echo $x | echo `sh`': 'none',
      'echo $x | echo `cat`': 'any',
      'echo $x | echo $$(sh)': 'none',
      'echo a | cat && sh -c true; echo $x': 'any',
      'echo `echo a | cat` | cat; sh -c true; echo $x': 'any',
    }));

  it('puts in what a command gives out, and no more', () => {
    assertAdmits({ 'echo $x; frob $$(echo a)': 'any', 'frob $$(echo a); echo $x': 'any' });
    assert.deepEqual(rereads("sg root 'sudo `ls`'"), []);
  });
});

describe('an operand', () => {
  it('of a service, a script or a program is no option', () => {
    for (const source of ['service a $x', 'sh ./f $x', '. ./f $x', 'perl ./f $x', 'rm $x -- a'])
      assert.throws(() => made(source).render(() => '-x'), /begins with a dash/, source);
    for (const source of ['service a -- $x', 'sh ./f -- $x'])
      assert.match(
        made(source).render(() => '-x'),
        /-x/,
        source,
      );
    assertAdmits({ 'service a exec $x': 'none', 'service exec $x': 'any' });
  });
});

describe('an action', () => {
  it('has its last dollar sign escaped, wherever that stands', () =>
    assert.equal(
      made('echo $x a$$$x').render(() => 'v'),
      "echo 'v' a\\$'v'",
    ));

  it('is asked for its environment only where that counts', () => {
    const environment = (): never => assert.fail('it makes no difference');
    assert.equal(made('echo $x').render({ value: () => 'v', environment }), "echo 'v'");
    assert.equal(
      made('eval echo ${DEVD_X}').render({ value: () => '', environment }, 'bsd'),
      'eval echo ${DEVD_X}',
    );
  });

  it('is refused for the environment where that is read twice and may be an option', () => {
    const both = made('perl -e ${DEVD_X}; frob ${DEVD_Y}');
    const render = (DEVD_X: string, DEVD_Y: string): string =>
      both.render({ value: () => '', environment: () => ({ DEVD_X, DEVD_Y }) });
    assert.match(render('', ''), /perl/);
    assert.throws(() => render('a b', ''), QuotingError);
    assert.throws(() => render('', '-a'), QuotingError);
  });

  it('parts its words where a value stands', () => assert.deepEqual(rereads('echo env$x/ | sh'), ['DEVD_*']));

  it('that the reader fails over is no action that cannot be followed', (t) => {
    t.mock.method(ShellReader.prototype, 'read', () => {
      throw new TypeError('a fault');
    });
    assert.throws(() => made('echo $x'), { name: 'TypeError' });
  });
});
