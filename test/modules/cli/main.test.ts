/** The frame of the command line: help, version, one line for whatever is wrong. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { carpet } from './carpet.js';

test('--version is the version of package.json', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  assert.deepEqual(carpet(['--version']), { status: 0, stdout: `${version}\n`, stderr: '' });
});

test('--help and help go to stdout with exit 0; no command at all is a usage error', () => {
  for (const args of [['--help'], ['-h'], ['help']]) {
    const { status, stdout, stderr } = carpet(args);
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: carpet /);
    assert.equal(stderr, '');
  }
  const { status, stdout, stderr } = carpet([]);
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^Usage: carpet /);
});

const mistakes: [string[], RegExp][] = [
  [['nope'], /unknown command 'nope'/],
  [['help', 'nope'], /unknown command 'nope'/],
  [['--nope'], /unknown option '--nope'/],
  [['--log-format', 'xml', 'help'], /'xml' is invalid.*text, json, journal/],
  [['--log-format'], /--log-format.* argument missing/],
];
for (const [args, expected] of mistakes) {
  test(`carpet ${args.join(' ')}: one line on stderr, exit 1`, () => {
    const { status, stdout, stderr } = carpet(args);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, expected);
    assert.match(stderr, /^carpet: [^\n]+\n$/);
  });
}
