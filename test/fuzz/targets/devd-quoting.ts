import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { render } from '../../modules/devd/quoting/support/render.js';
import { Sandbox, SHELLS } from '../../modules/devd/quoting/support/sandbox.js';
import { type FuzzTarget, fuzzProperty } from '../target.js';

const words = (text: string): string[] => text.split(' ');
const piece = fc.constantFrom(
  ...words("' \" ` \\ $ ( ) { } ; | & # a $( )) $' * [ ] ! > >pwned pwn -c = - ~ % , 1"),
  '\n',
  '\r',
  ' ',
  '\t',
  '<<E\n',
  '\nE\n',
  ': >pwned',
);
const around = fc.array(piece, { maxLength: 6 });
/** Every value tries to run `pwn`, or to make the file "pwned". */
const hostile = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(around, around).map(([a, b]) => `${a.join('')}: >pwned${b.join('')}`) },
  { weight: 4, arbitrary: fc.tuple(around, around).map(([a, b]) => `${a.join('')}pwn${b.join('')}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('--c=pwn', '-cpwn', '$(pwn)', 'a[$(pwn)]', ';pwn;', '\npwn\n', '5 pwn'),
  },
  // The name of a command and no more, which is harmless but where a command's name is read.
  { weight: 2, arbitrary: fc.constant('pwn') },
);
const fragment = fc.oneof(
  { weight: 4, arbitrary: fc.constant('$x') },
  { weight: 1, arbitrary: fc.constantFrom('${DEVD_X}', '$$a', '${a}', '$$1') },
  {
    weight: 8,
    arbitrary: fc.constantFrom(...words("' ' \" ` ; \\ $ # ( ) | && a : & ! -- = >f <f"), ' ', ' ', '\n'),
  },
  {
    weight: 8,
    arbitrary: fc.constantFrom(
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
      '{ ',
      '; }',
    ),
  },
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      '| (sh)',
      '| { sh; }',
      '|\n sh',
      '|& sh',
      '| while true; do sh; break; done',
      '| if true; then ',
      '; fi',
      'if ',
      'then ',
      'while read a; do ',
      '; done',
      'for a in ',
      '; do ',
      'echo $x | ',
      '; . ./f',
      '; sh f',
      '; sh <f',
      ' | tee f',
      'PS4=',
      'set -x; ',
      'sg root ',
      "sg root -c '",
      "su root --session-command '",
      "su --comm='",
      "capsh -- -c '",
      'sudo ',
      'sudo -s',
      'ssh host ',
      'env ',
      'nice -n 5 ',
      'timeout 5 ',
      'busybox ',
      'find . -exec ',
      ' \\;',
      "perl5.36.0 -e '",
      'git -c alias.x=',
      '[ ',
      ' -eq 1 ]',
      'shift ',
      'read a',
      'f() { ',
      '; f',
      '| cat',
      'export A=',
      'command ',
    ),
  },
);
const template = fc.array(fragment, { minLength: 2, maxLength: 10 }).map((parts) => parts.join(''));

/** Several at once: starting a shell takes longer than running a script in it. */
const BATCH = 200;
const batch = fc.array(fc.tuple(template, hostile), { minLength: BATCH, maxLength: BATCH });
const safe = fc.constantFrom('printf %s $x', "printf %s '$x'", "sh -c 'printf %s $x'", "printf '%s' 'a''$x'");

function runsNothing(
  sandbox: Sandbox,
  argv: readonly string[],
  pairs: readonly (readonly [string, string])[],
): void {
  const cases = pairs.flatMap(([source, value]) => {
    const { script, environment } = render(source, value);
    return script === undefined ? [] : [{ script, environment }];
  });
  if (cases.length > 0) assert.deepEqual(sandbox.takenOver(argv, cases), []);
}

function arrives([source, value]: readonly [string, string]): void {
  const { stdout } = spawnSync('sh', ['-c', render(source, value).script!], { encoding: 'utf8', cwd: '/' });
  assert.equal(stdout, source.includes("'a'") ? `a${value}` : value);
}

export const target: FuzzTarget = {
  about: 'actions with hostile values in random contexts, run by every shell: no value is a command',
  open: () => {
    const sandbox = new Sandbox();
    const shells = SHELLS.map(({ name, argv, skip }) => [
      name,
      fuzzProperty({
        input: batch,
        check: (pairs) => runsNothing(sandbox, argv, pairs),
        size: BATCH,
        usual: 1,
        skip,
      }),
    ]);
    const unchanged = fuzzProperty({ input: fc.tuple(safe, hostile), check: arrives, usual: 50 });
    return {
      properties: { ...Object.fromEntries(shells), unchanged },
      [Symbol.asyncDispose]: async () => sandbox[Symbol.dispose](),
    };
  },
};
