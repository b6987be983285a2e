/** `carpet doctor`: how it ends where it cannot examine anything. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { carpet } from './carpet.js';

it('refuses mistakes with 1, and says what would help', () => {
  const mistakes: readonly (readonly [string[], RegExp])[] = [
    [['-v', '1'], /give one interface with -i for --vhid/],
    [['-i', 'eth0', '-i', 'eth1', '-v', '1'], /give one interface with -i/],
    [['-f', '/nonexistent.yaml'], /nonexistent/],
    [['--seconds', '0'], /whole number from 1 to 300/],
    [['-a', 'x'], /'x'|x is no/],
  ];
  for (const [args, message] of mistakes) {
    const { status, stderr } = carpet(['doctor', ...args]);
    assert.equal(status, 1, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, message);
  }
});

it('ends with 2 where the kernel that was named cannot be asked', () => {
  assert.equal(carpet(['doctor', '--socket', '/nonexistent.sock']).status, 2);
});
