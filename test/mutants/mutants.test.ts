/** Mutants of a small program: which of its tests' gaps are found, and that nothing is left of the search. */
import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { root } from '../support/npm.js';
import { runSuite } from './run.js';

const CODE = `
const MAX_WAIT = 3;

export function wait(ms) {
  if (ms > MAX_WAIT) return 'long';
  return ms > 0 && ms !== 2 ? 'short' : 'none';
}

export function count(n) {
  let left = n;
  let done = 0;
  while (left > 0) {
    left--;
    done++;
  }
  return done;
}

export function unused() {
  return [1];
}

export class Part {
  prefetch() {
    return 1 + 2;
  }
}
`;

const TESTS = `
import assert from 'node:assert/strict';
import { beforeEach, describe, it, test } from 'node:test';
import { count, wait } from '../../sample/code.js';

let prepared = 0;
describe('wait', () => {
  beforeEach(() => { prepared++; });
  it('tells long from short', () => {
    assert.ok(prepared > 0);
    assert.deepEqual([9, 4, 1, 0].map(wait), ['long', 'long', 'short', 'none']);
  });
  it('is skipped', { skip: 'it would fail' }, () => assert.fail());
});
test('count', async () => assert.equal(await Promise.resolve(count(4)), 4));
let ended = 0;
test('takes what ends with it', (t) => {
  t.after(() => { ended++; });
  t.mock.method(Math, 'trunc', () => 9);
  assert.equal(Math.trunc(1.5), 9);
});
test('finds that it has', () => assert.deepEqual([ended, Math.trunc(1.5)], [1, 1]));
test('fails without a mutant too', () => assert.fail('broken'));
`;

/** A checkout with one small program, which shares this one's packages and the search itself. */
function checkout(): string {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-checkout-'));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const explained = [
    {
      file: 'sample/code.ts',
      within: 'wait',
      before: 'ms > MAX_WAIT',
      after: 'ms >= MAX_WAIT',
      because: 'explained',
    },
    { file: 'sample/code.ts', within: 'wait', before: 'gone', after: '', because: 'it was there once' },
  ];
  put('sample/code.ts', CODE);
  put('test/sample/code.test.ts', TESTS);
  put('test/mutants/explained.json', JSON.stringify(explained));
  put('package.json', '{"type":"module"}');
  put('dist/sample/code.js', CODE);
  put('dist/test/sample/code.test.js', TESTS);
  cpSync(join(root, 'dist/test/mutants'), join(folder, 'dist/test/mutants'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function copies(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`carpet-mutants-${process.pid}-`));
}

it('mutants: the gaps of tests are found, explained ones apart, and nothing is left behind', async (t) => {
  const folder = checkout();
  t.after(() => rmSync(folder, { recursive: true }));
  const result = await runSuite(
    { folder: 'sample', tests: ['sample'] },
    {
      root: folder,
      seed: 1,
      sample: Number.POSITIVE_INFINITY,
      jobs: 1,
      slackMs: 200,
      progress: () => undefined,
    },
  );
  const gaps = result.survivors.map(({ line, before, after, verdict, because }) => {
    const explanation = because === undefined ? '' : ` (${because})`;
    return `${line} ${before} => ${after}: ${verdict}${explanation}`;
  });
  assert.deepEqual(gaps, [
    '2 3 => 2: survived',
    '5 ms > MAX_WAIT => ms >= MAX_WAIT: survived (explained)',
    '6 ms > 0 && ms !== 2 => ms > 0: survived',
    '6 2 => 3: survived',
    '20 [1] => undefined: uncovered',
    '20 1 => 2: uncovered',
    '20 1 => 0: uncovered',
  ]);
  assert.deepEqual(result.failing, ['fails without a mutant too: broken']);
  assert.deepEqual(result.stale, ['sample/code.ts, wait: gone => ']);
  assert.ok(result.timeouts > 0, 'a loop that does not end is noticed');
  assert.equal(readFileSync(join(folder, 'dist/sample/code.js'), 'utf8'), CODE);
  assert.deepEqual(copies(), []);
});
