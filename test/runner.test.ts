/** The runner of the tests: what its arguments choose, and what it refuses. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './support/npm.js';

function runner(...args: string[]): { status: number | null; stdout: string; stderr: string; last: string } {
  // Without what node:test tells its children, so that the runner under test is a parent again.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/test/run.js'), ...args], {
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr, last: stdout.trimEnd().split('\n').at(-1) ?? '' };
}

test('--grep runs the tests of that name, and ends with their number', () => {
  const { status, last } = runner('test/core/random', '--grep', 'same seed');
  assert.deepEqual([status, last], [0, '1 passed, 0 failed, 0 skipped']);
});

test('a name that no test has is a failure', () => {
  const { status, last } = runner('test/core/random', '--grep', 'no such name');
  assert.deepEqual([status, last], [1, '0 passed, 0 failed, 0 skipped']);
});

test('an unknown argument is an error that names it', () => {
  for (const [args, message] of [
    [['--gerp', 'x'], /^npm test: Unknown option '--gerp'/],
    [['test/core/random', 'test/nowhere'], /^npm test: no test file has 'test\/nowhere' in its path\n$/],
    [['--grep', '('], /^npm test: Invalid regular expression/],
  ] as const) {
    const { status, stdout, stderr } = runner(...args);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, message);
  }
});
