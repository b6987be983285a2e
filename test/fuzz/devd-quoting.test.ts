/**
 * Random commands with hostile values in random contexts, run by the shells of this machine: no value ever becomes a
 * command, and every value that a certain context lets in arrives unchanged.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { ActionCommand, parseTemplate, QuotingError } from '../../modules/devd/index.js';
import { needs } from '../support/needs.js';
import { fuzzRuns } from './runs.js';

const folder = mkdtempSync(join(tmpdir(), 'carpet-quoting-'));
after(() => rmSync(folder, { recursive: true }));

const piece = fc.constantFrom(
  "'",
  '"',
  '`',
  '\\',
  '$',
  '(',
  ')',
  '{',
  '}',
  ';',
  '|',
  '&',
  '\n',
  ' ',
  '#',
  'a',
  '$(',
  '))',
  "$'",
  '<<E\n',
  '\nE\n',
  '*',
  '[',
  ']',
  '!',
  '>',
  ': >pwned',
  '>pwned',
);
/** Every value tries to make the file "pwned". */
const hostile = fc
  .tuple(fc.array(piece, { maxLength: 6 }), fc.array(piece, { maxLength: 6 }))
  .map(([before, behind]) => `${before.join('')}: >pwned${behind.join('')}`);
const fragment = fc.constantFrom(
  '$x',
  '$x',
  '$x',
  "'",
  "'",
  '"',
  '`',
  ' ',
  ';',
  '\n',
  '\\',
  '$',
  '#',
  '(',
  ')',
  '{ ',
  '; }',
  '|',
  '&&',
  'a',
  ':',
  'echo ',
  'printf %s ',

  "sh -c '",
  'sh -c ',
  'eval ',
  "bash -ec '",
  '$(echo ',
  '${a:-',
  '$((',
  '<<E\n',
  '\nE\n',
  '[[ ',
  'case a in a) ',
  ';; esac',
  "$'",
  'a=',
  'su -c ',
  '-c',
  'awk ',
  'let ',
  'sh -cx ',
  "bash -c -- '",
  'A=1 exec sh -c ',
  '2>&1 ',
  "${SH} -c '",
  '| sh',
  '| xargs sh -c ',
  "trap '",
  "' EXIT",
  'test -v ',
  'a[',
  '`$x` -c ',
  'alias : ',
  '<(',
);
const template = fc.array(fragment, { minLength: 2, maxLength: 10 }).map((parts) => parts.join(''));

/** Runs a script and tells whether the value's command ran. */
function isTakenOver(shell: string, script: string): boolean {
  spawnSync(shell, ['-c', script], {
    cwd: folder,
    env: { ...process.env, SH: 'sh' },
    input: '',
    timeout: 2000,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const pwned = existsSync(join(folder, 'pwned'));
  if (pwned) rmSync(join(folder, 'pwned'));
  return pwned;
}

function render(source: string, x: string): string | undefined {
  try {
    return new ActionCommand(parseTemplate(source)).render((name) => (name === 'x' ? x : ''));
  } catch (error) {
    if (error instanceof QuotingError) return undefined;
    throw error;
  }
}

describe('no value can run a command', () => {
  for (const shell of ['sh', 'bash']) {
    it(`in random contexts under ${shell}`, { skip: needs(`program:${shell}`), timeout: 300_000 }, () => {
      fc.assert(
        fc.property(template, hostile, (source, value) => {
          const script = render(source, value);
          if (script === undefined) return;
          assert.equal(isTakenOver(shell, script), false, JSON.stringify(script));
        }),
        { numRuns: fuzzRuns(250) },
      );
    });
  }

  it("and FreeBSD's own quoting would be caught", { skip: needs('program:bash') }, () => {
    const script = new ActionCommand(parseTemplate("echo 'pool=$x'")).render(() => 'tank; : >pwned', 'bsd');
    assert.equal(isTakenOver('bash', script), true);
  });

  it('and each arrives unchanged where the context is certain', { timeout: 120_000 }, () => {
    const safe = fc.constantFrom(
      'printf %s $x',
      "printf %s '$x'",
      "sh -c 'printf %s $x'",
      "printf '%s' 'a''$x'",
    );
    fc.assert(
      fc.property(safe, hostile, (source, value) => {
        const { stdout } = spawnSync('sh', ['-c', render(source, value)!], { encoding: 'utf8', cwd: folder });
        assert.equal(stdout, source.includes("'a'") ? `a${value}` : value);
      }),
      { numRuns: fuzzRuns(100) },
    );
  });
});
