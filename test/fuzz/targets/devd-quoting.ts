import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { render } from '../../modules/devd/quoting/support/render.js';
import { Sandbox, SHELLS } from '../../modules/devd/quoting/support/sandbox.js';
import { action } from '../devd-actions.js';
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
  // Words that mean something beside others, and the name of a variable that holds what the other value is.
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...words('DEVD_Y DEVD_X a[$(pwn)] a=DEVD_Y -eq -c -v -f%d ! ( sh -- %d f ./f ~ 0 5 root PATH'),
      '',
    ),
  },
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
const soup = fc.array(fragment, { minLength: 2, maxLength: 10 }).map((parts) => parts.join(''));
const template = fc.oneof(soup, action, action);

/** Many at once: starting a shell takes longer than running a script in it. */
const BATCH = 1000;
/** The least part of them that is run; the others are refused. */
const MIN_RUN = 0.05;
/** An action, and the values of x and y. */
type Trial = readonly [source: string, x: string, y: string];
const trial = fc.tuple(
  template.filter((source) => /[$][xy]|DEVD_/.test(source)),
  hostile,
  hostile,
);
const batch = fc.array(trial, { minLength: BATCH, maxLength: BATCH });
const safe = fc.constantFrom('printf %s $x', "printf %s '$x'", "sh -c 'printf %s $x'", "printf '%s' 'a''$x'");

/** @returns how many were run; of an action that is refused there is nothing to run */
function runsNothing(sandbox: Sandbox, argv: readonly string[], trials: readonly Trial[]): number {
  const cases = trials.flatMap((each) => {
    const { script, environment } = render(...each);
    return script === undefined ? [] : [{ script, environment, label: JSON.stringify(each) }];
  });
  assert.deepEqual(sandbox.takenOver(argv, cases), []);
  return cases.length;
}

function arrives([source, value]: readonly [string, string]): void {
  const { stdout } = spawnSync('sh', ['-c', render(source, value).script!], { encoding: 'utf8', cwd: '/' });
  assert.equal(stdout, source.includes("'a'") ? `a${value}` : value);
}

export const target: FuzzTarget = {
  about: 'actions with hostile values in random contexts, run by every shell: no value is a command',
  open: () => {
    const sandbox = new Sandbox();
    let [tried, run] = [0, 0];
    const shells = SHELLS.map(({ name, argv, skip }) => [
      name,
      fuzzProperty({
        input: batch,
        check: (trials) => {
          tried += trials.length;
          run += runsNothing(sandbox, argv, trials);
        },
        size: BATCH,
        usual: 1,
        skip,
        reached: () => assert.ok(run >= MIN_RUN * tried, `of ${tried} actions ${run} were run`),
      }),
    ]);
    const unchanged = fuzzProperty({ input: fc.tuple(safe, hostile), check: arrives, usual: 50 });
    return {
      properties: { ...Object.fromEntries(shells), unchanged },
      note: () => `of ${tried} actions ${run} were run by a shell, the others refused`,
      [Symbol.asyncDispose]: async () => sandbox[Symbol.dispose](),
    };
  },
};
