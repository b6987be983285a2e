/**
 * Dual-stack vhids with one family broken on one side: the other family goes on, and what was lost is joined again. And
 * hosts without an address to advertise from.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { elapse, Laboratory, type Namespace, waitFor } from './support/index.js';

const skip = needs('root', 'netns', 'program:ip');
/** More than two of the four seconds from one takeover to the next that a broken family once caused. */
const QUIET_MS = 9000;
const vhid = {
  ifname: 'eth0',
  vhid: 1,
  password: 'secret',
  addresses: ['10.88.0.100/24', 'fd00:88::100/64'],
};

interface Pair {
  readonly hosts: readonly Namespace[];
  readonly carps: readonly CarpetCarp[];
}

/** The preferred host and its peer, both preempting. @param before what happens to the two before they start */
function pair(t: TestContext, before: (a: Namespace, b: Namespace) => void = () => {}): Pair {
  const lab = Laboratory.open(t);
  const hosts = [1, 2].map((n) => lab.host(`h${n}`, { addresses: [`10.88.0.${n}/24`, `fd00:88::${n}/64`] }));
  before(hosts[0]!, hosts[1]!);
  const carps = hosts.map(
    (host, i) => new CarpetCarp(host, [{ ...vhid, advskew: i * 100 }], { 'net.inet.carp.preempt': true }),
  );
  return { hosts, carps };
}

function changes({ carps }: Pair): number {
  return carps.flatMap(({ lines }) => lines.filter(({ event }) => event === 'state')).length;
}

function holders({ hosts }: Pair): number {
  return hosts.filter((host) => host.ip('-o', 'address', 'show', 'dev', 'eth0').includes(' 10.88.0.100/24 '))
    .length;
}

/** The two are left alone: nothing moves, and one of them serves all the time. */
async function staysQuiet(both: Pair): Promise<void> {
  const before = changes(both);
  const until = Date.now() + QUIET_MS;
  while (Date.now() < until) {
    assert.equal(holders(both), 1, both.carps.map(({ program }) => program.text).join('\n'));
    await elapse(250);
  }
  const told = both.carps.map(({ program }) => program.text).join('\n');
  assert.equal(changes(both), before, told);
}

/** A host without a firewall drops the packets to the group of IPv6 by a routing rule, before any socket sees them. */
function filter(host: Namespace): { remove(): void } {
  const rule = (...args: string[]): void => void host.ip('-6', 'rule', ...args);
  rule('add', 'pref', '10', 'lookup', 'local');
  rule('del', 'pref', '0', 'lookup', 'local');
  rule('add', 'pref', '5', 'to', 'ff02::12', 'blackhole');
  return { remove: () => rule('del', 'pref', '5') };
}

/** The first has become MASTER, and both know it. */
async function settled({ carps: [a, b] }: Pair): Promise<void> {
  await a!.reaches('MASTER', 8000);
  await waitFor('the other to be BACKUP', 4000, () => b!.state() === 'BACKUP');
  await elapse(500);
}

function joined(host: Namespace): boolean {
  return host.ip('-6', 'maddress', 'show', 'dev', 'eth0').includes('ff02::12');
}

/** How often the log has said it. */
function said({ program }: CarpetCarp, what: RegExp): number {
  return program.lines.filter(({ text }) => what.test(text)).length;
}

const MISSING = /the master is heard, but not over IPv6; staying BACKUP.*MTU below 1280/;

test('IPv6 switched off on the preferred host: the whole one serves', { skip }, async (t) => {
  const both = pair(t, (a) => a.sysctl('net.ipv6.conf.eth0.disable_ipv6', 1));
  const [a, b] = both.carps;
  await b!.reaches('MASTER', 15_000);
  await waitFor('the other to be BACKUP', 4000, () => a!.state() === 'BACKUP');
  await staysQuiet(both);
  both.hosts[0]!.sysctl('net.ipv6.conf.eth0.disable_ipv6', 0);
  const before = b!.lines.length;
  await a!.reaches('MASTER', 6000, a!.lines.length);
  await b!.reaches('BACKUP', 500, before);
  await elapse(100);
  await staysQuiet(both);
});

test('IPv6 multicast filtered on its way to the backup', { skip }, async (t) => {
  const both = pair(t);
  await settled(both);
  const [a, b] = both.carps;
  const filtered = filter(both.hosts[1]!);
  await staysQuiet(both);
  assert.equal(said(b!, MISSING), 1, b!.program.text);
  const { statistics, vhids } = (await b!.status()) as unknown as {
    statistics: Record<string, number>;
    vhids: { unheardFamilies?: number[] }[];
  };
  assert.deepEqual([statistics['unheard'], vhids[0]!.unheardFamilies], [1, [6]]);
  filtered.remove();
  await waitFor('IPv6 to be heard', 3000, () => said(b!, /the master is heard over IPv6 again/) === 1);
  a!.program.kill('SIGKILL');
  await b!.reaches('MASTER', 6000);
});

test('an MTU below 1280 on the backup for a while', { skip }, async (t) => {
  const both = pair(t);
  await settled(both);
  const [, b] = both.carps;
  const [, host] = both.hosts;
  assert.ok(joined(host!));
  host!.ip('link', 'set', 'eth0', 'mtu', '1200');
  await elapse(1000);
  assert.ok(!joined(host!));
  host!.ip('link', 'set', 'eth0', 'mtu', '1500');
  await waitFor('ff02::12 to be joined again', 3000, () => joined(host!));
  await staysQuiet(both);
  assert.equal(said(b!, MISSING), 0, 'it heard IPv6 again within the dead time');
});

test('an MTU below 1280 on the backup from the start, and longer than a dead time', { skip }, async (t) => {
  const both = pair(t, (_a, b) => b.ip('link', 'set', 'eth0', 'mtu', '1200'));
  await settled(both);
  const [a, b] = both.carps;
  await waitFor('IPv6 to be missed', 6000, () => said(b!, MISSING) === 1);
  await staysQuiet(both);
  both.hosts[1]!.ip('link', 'set', 'eth0', 'mtu', '1500');
  await waitFor('ff02::12 to be joined', 3000, () => joined(both.hosts[1]!));
  await waitFor('IPv6 to be heard', 3000, () => said(b!, /the master is heard over IPv6 again/) === 1);
  a!.program.kill('SIGTERM');
  await b!.reaches('MASTER', 2000);
});

test('IPv6 switched off on the backup and on again', { skip }, async (t) => {
  const both = pair(t);
  await settled(both);
  const [, b] = both.carps;
  const [, host] = both.hosts;
  host!.sysctl('net.ipv6.conf.eth0.disable_ipv6', 1);
  await waitFor('IPv6 to be missed', 6000, () => said(b!, MISSING) === 1);
  host!.sysctl('net.ipv6.conf.eth0.disable_ipv6', 0);
  await waitFor('IPv6 to be heard', 4000, () => said(b!, /the master is heard over IPv6 again/) === 1);
  assert.ok(joined(host!));
  await staysQuiet(both);
});

for (const virtualMac of [false, 'service'] as const) {
  test(`a preferred host without an IPv4 address does not preempt until it has one (virtualMac ${virtualMac})`, {
    skip,
  }, async (t) => {
    const lab = Laboratory.open(t);
    const a = lab.host('a');
    const b = lab.host('b', { addresses: ['10.88.0.2/24'] });
    const settings = { ...vhid, addresses: ['10.88.0.100/24'], virtualMac };
    const preempt = { 'net.inet.carp.preempt': true };
    const other = new CarpetCarp(b, [{ ...settings, advskew: 100 }], preempt);
    await other.reaches('MASTER', 8000);
    const preferred = new CarpetCarp(a, [settings], preempt);
    const has = (host: Namespace): boolean => host.ip('-o', 'address').includes(' 10.88.0.100/24 ');
    await preferred.reaches('BACKUP', 4000);
    for (const until = Date.now() + QUIET_MS; Date.now() < until; await elapse(250))
      assert.deepEqual([has(a), has(b)], [false, true], preferred.program.text);
    const why = /not taking over \(preempting a slower master\): .* no IPv4 address of its own/;
    assert.equal(said(preferred, why), 1, preferred.program.text);
    a.ip('address', 'add', '10.88.0.1/24', 'dev', 'eth0');
    await preferred.reaches('MASTER', 3000);
    await waitFor('the other to yield', 1000, () => has(a) && !has(b));
  });
}
