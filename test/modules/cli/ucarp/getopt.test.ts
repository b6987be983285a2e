/** The syntax of getopt_long(3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getopt } from '../../../../modules/cli/getopt.js';
import { UCARP_OPTIONS } from '../../../../modules/cli/ucarp-options.js';

const read = (line: string): string =>
  getopt(line.split(' ').filter(Boolean), UCARP_OPTIONS)
    .map(({ name, value }) => (value === '' ? name : `${name}=${value}`))
    .join(' ');

test('short options: apart, attached, grouped', () => {
  assert.equal(read('-v 1'), 'vhid=1');
  assert.equal(read('-v1'), 'vhid=1');
  assert.equal(read('-zBPv1 -n'), 'shutdown daemonize preempt vhid=1 neutral');
  assert.equal(read('-x -z'), 'xparam=-z');
});

test('long options: apart, with =, abbreviated; an exact name wins over longer ones', () => {
  assert.equal(read('--vhid 1'), 'vhid=1');
  assert.equal(read('--vhid=1'), 'vhid=1');
  assert.equal(read('--vh=1 --sh --mcast=224.0.0.18'), 'vhid=1 shutdown mcastip=224.0.0.18');
  assert.equal(read('--pass x --passf y'), 'pass=x passfile=y');
  assert.equal(read('--xparam=a=b'), 'xparam=a=b');
  assert.equal(read('-P --'), 'preempt');
});

test('options that ucarp does not have take no abbreviation away from those it has', () => {
  assert.equal(read('--no --status-dir=/run/x --no-status'), 'nomcast status-dir=/run/x no-status');
  assert.equal(read('--sr 10.1.1.1 --sh --state-dir=/y'), 'srcip=10.1.1.1 shutdown state-dir=/y');
  assert.throws(() => read('--status'), /unknown option --status/);
});

const mistakes: [string, RegExp][] = [
  ['-v', /-v requires a value/],
  ['--vhid', /--vhid requires a value/],
  ['-q', /unknown option -q/],
  ['-zq', /unknown option -q/],
  ['--quux', /unknown option --quux/],
  ['--p', /--p is ambiguous: --pass, --passfile, --preempt/],
  ['--preempt=yes', /--preempt takes no value/],
  ['stray', /unexpected argument "stray"/],
  ['-', /unexpected argument "-"/],
  ['-P -- -z', /unexpected argument "-z"/],
];
for (const [line, expected] of mistakes) {
  test(`refused: ${line}`, () => assert.throws(() => read(line), expected));
}
