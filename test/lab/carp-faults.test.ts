/** A host that cannot do what a MASTER has to: put its addresses on the interface, send its advertisements. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CarpVhidOptions } from '../../modules/carp/index.js';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { elapse, Laboratory, type Namespace, waitFor } from './support/index.js';
import { CARPET } from './support/pair.js';

const skip = needs('root', 'netns', 'native', 'program:ip', 'program:setpriv');
const PREEMPT = { 'net.inet.carp.preempt': true };
/** As a unit with `CapabilityBoundingSet=CAP_NET_RAW`, in which CAP_NET_ADMIN was forgotten. */
const RAW_ONLY = ['setpriv', '--bounding-set=-all,+net_raw', '--inh-caps=-all'];
const POLICY = ['dir', 'out', 'dst', '10.9.0.2/32'];
const options = (more: Partial<CarpVhidOptions> = {}): CarpVhidOptions => ({
  ifname: 'eth0',
  vhid: 1,
  password: 'secret',
  addresses: ['10.9.0.100/24'],
  ...more,
});

function hosts(t: TestContext): [lab: Laboratory, a: Namespace, b: Namespace] {
  const lab = Laboratory.open(t);
  const host = (role: string, last: number) =>
    lab.host(role, { addresses: [`10.9.0.${last}/24`], ipv6: false });
  return [lab, host('a', 1), host('b', 2)];
}

const has = (host: Namespace): boolean =>
  host.ip('address', 'show', 'dev', 'eth0').includes(' 10.9.0.100/24 ');

test('one that may not add its address hands over, says why, and stays away', { skip }, async (t) => {
  const [, a, b] = hosts(t);
  const second = new CarpetCarp(b, [options({ advskew: 100 })]);
  await second.reaches('MASTER', 10_000);
  const first = new CarpetCarp(a, [options()], PREEMPT, undefined, RAW_ONLY);
  await first.reaches('MASTER', 10_000);
  await first.reaches(
    'BACKUP',
    3000,
    first.lines.findIndex(({ to }) => to === 'MASTER'),
  );
  const entered = () => second.lines.filter(({ to }) => to === 'MASTER').length;
  await waitFor(
    'the other to serve again',
    3000,
    () => entered() === 2 && has(b),
    () => second.program.text,
  );

  const changes = second.lines.filter(({ event }) => event === 'state').length;
  // The demotion is lifted after ten seconds: it tries again without a word to the other.
  await first.program.waitForLine(/no longer demoted by 240: to be tried again/, 15_000);
  await first.program.waitForLine(/demoted by 240: cannot add/, 5000, first.program.lines.length);
  assert.deepEqual([first.state(), second.state(), has(b)], ['BACKUP', 'MASTER', true]);
  assert.equal(second.lines.filter(({ event }) => event === 'state').length, changes, second.program.text);

  const status = a.node(CARPET, ['carp', '--status', '--status-dir', first.statusDir]);
  assert.equal((await status.exited).code, 0, status.text);
  assert.match(status.text, /BACKUP vhid 1/);
  assert.match(
    status.text,
    /demoted by 240 for \d+ s: cannot add 10\.9\.0\.100\/24 to the interface: .*CAP_NET_ADMIN.*EPERM/,
  );
});

test('one that cannot send hands over that interface alone, and comes back', { skip }, async (t) => {
  const [lab, a, b] = hosts(t);
  for (const [host, last] of [
    [a, 1],
    [b, 2],
  ] as const)
    lab.plug(host, 'eth1', { addresses: [`10.8.0.${last}/24`], ipv6: false });
  // A unicast peer, since a policy of IPsec can forbid that.
  const vhids = (advskew: number, peer: string) => [
    options({ advskew, peers: [peer] }),
    options({ advskew, vhid: 2, ifname: 'eth1', addresses: ['10.8.0.100/24'] }),
  ];
  const first = new CarpetCarp(a, vhids(0, '10.9.0.2'), PREEMPT);
  const masters = () => ['1@eth0', '2@eth1'].map((name) => first.state(name));
  await waitFor(
    'both',
    10_000,
    () => masters().join() === 'MASTER,MASTER',
    () => first.program.text,
  );
  const second = new CarpetCarp(b, vhids(100, '10.9.0.1'), PREEMPT);
  await second.reaches('BACKUP', 10_000);

  a.ip('xfrm', 'policy', 'add', ...POLICY, 'action', 'block');
  await first.program.waitForLine(/demoted by 240.*EPERM/, 5000);
  await waitFor(
    'it to yield',
    5000,
    () => first.state('1@eth0') === 'BACKUP',
    () => first.program.text,
  );
  await elapse(1500);
  assert.deepEqual([first.state('2@eth1'), second.state('2@eth1')], ['MASTER', 'BACKUP']);

  a.ip('xfrm', 'policy', 'delete', ...POLICY);
  await waitFor(
    'it to be back',
    15_000,
    () => first.state('1@eth0') === 'MASTER',
    () => first.program.text,
  );
  assert.deepEqual([first.state('2@eth1'), second.state('2@eth1')], ['MASTER', 'BACKUP']);
});
