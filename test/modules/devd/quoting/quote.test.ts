/** How values are written into commands, letter for letter, and which values of the environment are refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTemplate } from '../../../../modules/devd/index.js';
import { ActionCommand, QuotingError } from '../../../../modules/devd/quoting/index.js';
import { checkEnvironment } from '../../../../modules/devd/quoting/quote.js';

const render = (source: string, value: string, isSet = false): string =>
  new ActionCommand(parseTemplate(source)).render({ value: () => value, isSet: () => isSet });

describe('a value', () => {
  it('is written for its quotes, and for those that read it again', () => {
    for (const [source, written] of [
      ['echo $x', "echo 'a\\`'\\''b'"],
      ["echo '<$x>'", "echo '<a\\`'\\''b>'"],
      ['echo "<$x>"', "echo \"<\"'a\\`'\\''b'\">\""],
      ['echo \\$x', "echo \\\\'a\\`'\\''b'"],
      ['echo "\\$x"', "echo \"\\\\\"'a\\`'\\''b'\"\""],
      ['echo `echo $x`', "echo `echo 'a\\\\\\`'\\\\''b'`"],
      ["sh -c 'echo $x'", "sh -c 'echo '\\''a\\`'\\''\\'\\'''\\''b'\\'''"],
    ] as const)
      assert.equal(render(source, "a\\`'b"), written, source);
  });

  it('that the configuration gave may be an option', () => {
    assert.equal(render('rm $x f', '-rf', true), "rm '-rf' f");
    assert.throws(() => render('rm $x f', '-rf'), /begins with a dash/);
  });

  it('that is refused is named, with the variable of the environment if it has one', () => {
    for (const [variable, advice] of [
      ['x', 'as DEVD_X'],
      ['_', 'as DEVD_EVENT less its first character'],
      ['*', 'as DEVD_EVENT'],
    ] as const)
      assert.throws(() => render(`perl -e $${variable}`, 'a b'), {
        name: 'QuotingError',
        variable: `$${variable}`,
        message: new RegExp(`: let a script read it from its environment, ${advice}$`),
      });
    assert.throws(() => render('perl -e $event', 'a b'), /\(a program in another language\)$/);
  });
});

describe('the environment of an action', () => {
  const refuses = (check: () => void, variable: string): boolean => {
    try {
      check();
      return false;
    } catch (error) {
      assert.ok(error instanceof QuotingError);
      assert.equal(error.variable, `\${${variable}}`);
      return true;
    }
  };
  const environment = { DEVD_A: 'a', DEVD_B: '', DEVD_C: '-c', DEVD_D: 'a -d', DEVD_E: '5' };

  it('has what is read again checked: nothing, or what the place admits and no option begins with', () => {
    const reread = (name: string, admits: 'harmless' | 'number' | 'none', known = true): boolean =>
      refuses(
        () => checkEnvironment([{ name, admits, reason: 'r' }], [], known ? environment : undefined),
        name,
      );
    const of = (admits: 'harmless' | 'number' | 'none'): string[] =>
      [...Object.keys(environment), 'DEVD_NONE'].filter((name) => reread(name, admits));
    assert.deepEqual(of('harmless'), ['DEVD_C', 'DEVD_D']);
    assert.deepEqual(of('number'), ['DEVD_A', 'DEVD_C', 'DEVD_D']);
    assert.deepEqual(of('none'), ['DEVD_A', 'DEVD_C', 'DEVD_D', 'DEVD_E']);
    assert.ok(reread('DEVD_*', 'harmless'), 'one of them is not admitted');
    assert.ok(reread('DEVD_A', 'harmless', false), 'where it is not known');
    assert.ok(reread('DEVD_*', 'harmless', false));
  });

  it('has what may be an option checked, by words if its blanks begin some', () => {
    const optional = (name: string, splits: boolean, known = true): boolean =>
      refuses(() => checkEnvironment([], [{ name, splits }], known ? environment : undefined), name);
    const of = (splits: boolean): string[] =>
      [...Object.keys(environment), 'DEVD_NONE'].filter((name) => optional(name, splits));
    assert.deepEqual(of(false), ['DEVD_C']);
    assert.deepEqual(of(true), ['DEVD_C', 'DEVD_D']);
    assert.ok(optional('DEVD_*', false));
    assert.ok(!optional('DEVD_A', false, false), 'an action that is only looked at');
    assert.ok(!optional('DEVD_*', false, false));
  });
});
