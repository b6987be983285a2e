/** What an action as a whole does with its values: files that it writes and runs, and variables that hold some of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { environmentName } from '../../../../modules/devd/quoting/environment-name.js';
import { Findings } from '../../../../modules/devd/quoting/findings.js';
import { NotPlain } from '../../../../modules/devd/quoting/not-plain.js';
import { graver, harmless, none, number } from '../../../../modules/devd/quoting/place.js';

/** A part of a file's name that is not known. */
const U = '\0';

/** Whether an action that does this may run what it writes. */
function runs(...steps: readonly (readonly ['write' | 'run' | 'readCommands', string])[]): boolean {
  const findings = new Findings();
  for (const [step, file] of steps) findings[step](file);
  return findings.overall()?.reason === 'in a command that writes a file and may run it';
}

describe('a file that is written', () => {
  it('is run by the last part of its name, which may be known in part', () => {
    for (const [written, run, same] of [
      ['f', 'f', true],
      ['/tmp/f', './f', true],
      ['f', 'g', false],
      ['f', 'ff', false],
      ['ff', 'f', false],
      [`${U}.sh`, 'job.sh', true],
      [`a/${U}.sh`, 'b/job.sh', true],
      [`${U}.sh`, 'job', false],
      ['job.sh', `${U}.sh`, true],
      ['job', `${U}.sh`, false],
      [`${U}.sh`, `${U}a.sh`, true],
      [`${U}a.sh`, `${U}.sh`, true],
      [`${U}.sh`, `${U}.py`, false],
      [`${U}/f`, `${U}/f`, true],
      [`${U}/f`, `${U}/g`, false],
    ] as const) {
      assert.equal(runs(['write', written], ['run', run]), same, `${written} > ${run}`);
      assert.equal(runs(['readCommands', run], ['write', written]), same, `${written} > . ${run}`);
    }
  });

  it('whose last part is not known may be any that is run by its path, or read as commands', () => {
    assert.equal(runs(['write', U], ['run', './x']), true);
    assert.equal(runs(['write', U], ['run', 'x']), false);
    assert.equal(runs(['write', U], ['readCommands', 'x']), true);
    assert.equal(runs(['write', 'f'], ['readCommands', U]), true);
    assert.equal(runs(['write', 'f'], ['run', U]), false);
    assert.equal(runs(['write', 'f'], ['run', '/bin/x']), false);
  });

  it('is none if it is a device that keeps nothing', () => {
    for (const file of ['/dev/null', '/dev/tty', '/dev/stdout', '/dev/stderr', '/dev/console']) {
      assert.equal(runs(['write', file], ['run', file]), false, file);
      assert.equal(runs(['write', U], ['readCommands', file]), false, file);
    }
  });
});

describe('a variable', () => {
  it('may hold a value of the record unless it comes from outside', () => {
    const findings = new Findings();
    findings.assign('B');
    const names = ['', 'a', 'aB', 'DEVD_A', 'A', 'PATH_2', '?', '#', '$', '!', '-', 'B', '1', '@'];
    assert.deepEqual(
      names.filter((name) => !findings.canHoldValue(name)),
      ['A', 'PATH_2', '?', '#', '$', '!', '-'],
    );
  });

  it('that is read again makes the others doubtful, if it may hold a value', () => {
    const overall = (name: string): string | undefined => {
      const findings = new Findings();
      findings.rereads.push({ name, ...number('arithmetic') });
      return findings.overall()?.admits;
    };
    assert.deepEqual([overall('a'), overall('PATH')], ['number', undefined]);
  });
});

describe('a doubt', () => {
  it('is the first one, and one that was lost the last', () => {
    const findings = new Findings();
    findings.doubt('one');
    findings.doubt('two');
    findings.write('f');
    findings.run('f');
    assert.equal(findings.overall()?.reason, 'one');
    findings.lose('three');
    assert.equal(findings.overall()?.reason, 'three');
  });

  it('is the graver of two', () => {
    const doubts = [undefined, harmless('a'), number('b'), none('c')];
    for (const [i, a] of doubts.entries())
      for (const [j, b] of doubts.entries()) assert.equal(graver(a, b), doubts[Math.max(i, j)]);
    assert.equal(graver(none('first'), none('second'))?.reason, 'first');
  });
});

describe('the environment', () => {
  const environment = (text: string, begin: (findings: Findings) => void): string[] => {
    const findings = new Findings();
    begin(findings);
    return findings.environment(text).map(({ name }) => name);
  };

  it('is read again where it is named, or given out, beside a doubt', () => {
    const doubt = (findings: Findings): void => findings.doubt('a doubt');
    assert.deepEqual(environment('echo DEVD_A $DEVD_B DEVD_A', doubt), ['DEVD_A', 'DEVD_B']);
    for (const text of ['env', 'printenv']) assert.deepEqual(environment(text, doubt), ['DEVD_*']);
    assert.deepEqual(
      environment('echo DEVD_A; env', () => {}),
      [],
    );
  });

  it('of an action that is not followed counts as given out only beside what may take it for commands', () => {
    const lose = (findings: Findings): void => findings.lose('lost');
    for (const [text, names] of [
      ['printenv | cat', []],
      ['printenv | sh', ['DEVD_*']],
      ['env | cat', ['DEVD_*']],
      ['set; . ./f', ['DEVD_*']],
      ['source f; cat /proc/self/environ', ['DEVD_*']],
      ['sh', []],
    ] as const)
      assert.deepEqual(environment(text, lose), names, text);
  });

  it('is read again where that was found, named or not', () => {
    const found = (findings: Findings): void => {
      for (const name of ['DEVD_A', 'a']) findings.rereads.push({ name, ...none('there') });
    };
    assert.deepEqual(environment('', found), ['DEVD_A']);
  });
});

describe('commands within commands', () => {
  const deep = (depth: number, findings = new Findings()): number =>
    depth === 0 ? 0 : findings.within(() => 1 + deep(depth - 1, findings));

  it('are followed fifty deep, or less where each counts for more', () => {
    assert.equal(deep(50), 50);
    assert.throws(() => deep(51), NotPlain);
    const findings = new Findings();
    assert.equal(
      findings.within(() => 'read', 50),
      'read',
    );
    assert.throws(() => findings.within(() => 'read', 51), { name: 'NotPlain' });
  });

  it('are followed any number of times', () => {
    const findings = new Findings();
    for (let i = 0; i < 100; i++)
      assert.equal(
        findings.within(() => i),
        i,
      );
  });
});

it('the name in the environment is none for what has no name, or that of the whole record', () => {
  for (const [variable, name] of [
    ['a-b', 'DEVD_A_B'],
    ['*', 'DEVD_EVENT'],
    ['', undefined],
    ['_', undefined],
    ['Event', undefined],
  ] as const)
    assert.equal(environmentName(variable), name);
});
