/** Dual stack, unicast across a router, 255 vhids, and processes that stand still: on real interfaces. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CarpVhidOptions } from '../../modules/carp/index.js';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { elapse, Laboratory, type Namespace, waitFor } from './support/index.js';

const skip = needs('root', 'netns', 'program:ip');
const base = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.88.0.100/24'] };

/** The first is MASTER before the second starts: on a busy machine the second could be first, and would rightly stay it. */
async function pair(
  lab: Laboratory,
  ...options: Partial<CarpVhidOptions>[]
): Promise<{ hosts: Namespace[]; carps: CarpetCarp[] }> {
  const hosts = options.map((_, i) =>
    lab.host(`h${i}`, { addresses: [`10.88.0.${i + 1}/24`, `fd00:88::${i + 1}/64`] }),
  );
  const start = (i: number): CarpetCarp => new CarpetCarp(hosts[i]!, [{ ...base, ...options[i] }]);
  const first = start(0);
  await first.reaches('MASTER', 15_000);
  const second = start(1);
  await second.reaches('BACKUP', 15_000);
  return { hosts, carps: [first, second] };
}

test('a dual-stack pair: both families are on the wire, and on the interface of the master', {
  skip,
}, async (t) => {
  const lab = Laboratory.open(t);
  const capture = await lab.capture('proto 112 or ip6 proto 112 or icmp6 or arp');
  const dual = { addresses: ['10.88.0.100/24', 'fd00:88::100/64'] };
  const { hosts, carps } = await pair(lab, dual, { ...dual, advskew: 100 });
  const shown = hosts[0]!.ip('-o', 'address', 'show', 'dev', 'eth0');
  assert.match(shown, /10\.88\.0\.100\/24/);
  assert.match(shown, /fd00:88::100\/64.*nodad/);
  const counted = async () => {
    const { statistics } = (await carps[1]!.status()) as unknown as { statistics: Record<string, number> };
    return statistics;
  };
  await waitFor('advertisements in both families', 8000, async () => {
    const { ipackets, ipackets6 } = await counted();
    return ipackets! > 0 && ipackets6! > 0;
  });
  carps[0]!.program.kill('SIGKILL');
  const taken = await carps[1]!.reaches('MASTER', 6000);
  assert.equal(taken.reason, 'master timed out');
  const families = new Set(capture.where((f) => f.advertisement !== undefined).map((f) => f.etherType));
  assert.deepEqual(families, new Set([0x0800, 0x86dd]));
  await capture.waitFor('a neighbour advertisement', 1000, (f) => f.neighbour === 'fd00:88::100');
  assert.equal((await counted())['badauth'], 0);
});

test('a unicast pair across a router', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const [a, r, b] = [lab.namespace('a'), lab.namespace('r'), lab.namespace('b')];
  for (const [host, n] of [
    [a, 1],
    [b, 2],
  ] as const) {
    lab.join(host, 'eth0', r, `r${n}`);
    r.ip('address', 'add', `10.${n}.0.1/24`, 'dev', `r${n}`);
    r.ip('link', 'set', `r${n}`, 'up');
    host.ip('address', 'add', `10.${n}.0.2/24`, 'dev', 'eth0');
    host.ip('link', 'set', 'eth0', 'up');
    host.ip('route', 'add', 'default', 'via', `10.${n}.0.1`);
  }
  r.sysctl('net.ipv4.ip_forward', 1);
  const unicast = { ...base, addresses: ['192.0.2.1/32'] };
  const first = new CarpetCarp(a, [{ ...unicast, peers: ['10.2.0.2'] }]);
  await first.reaches('MASTER', 15_000);
  const second = new CarpetCarp(b, [{ ...unicast, peers: ['10.1.0.2'], advskew: 50 }]);
  await second.reaches('BACKUP', 15_000);
  await elapse(4500);
  assert.equal(second.state(), 'BACKUP');
  first.program.kill('SIGTERM');
  const taken = await second.reaches('MASTER', 1000);
  assert.equal(taken.reason, 'master will time out');
});

test('255 vhids on one interface: all master, then all handed over', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const hosts = ['a', 'b'].map((role, i) =>
    lab.host(role, { addresses: [`10.88.0.${i + 1}/24`], ipv6: false }),
  );
  const all = (advskew: number): CarpVhidOptions[] =>
    Array.from({ length: 255 }, (_, i) => ({
      ...base,
      vhid: i + 1,
      addresses: [`10.99.0.${i}/32`],
      advskew,
    }));
  const inState = (carp: CarpetCarp, state: string): number => {
    const last = new Map(carp.lines.filter((l) => l.event === 'state').map(({ vhid, to }) => [vhid, to]));
    return [...last.values()].filter((to) => to === state).length;
  };
  const masters = (carp: CarpetCarp): number => inState(carp, 'MASTER');
  // One after the other: on a busy machine the second could be first, and would rightly stay master.
  const first = new CarpetCarp(hosts[0]!, all(0));
  await waitFor(
    '255 masters',
    15_000,
    () => masters(first) === 255,
    () => String(masters(first)),
  );
  const second = new CarpetCarp(hosts[1]!, all(50));
  await waitFor('255 backups', 15_000, () => inState(second, 'BACKUP') === 255);
  await elapse(4000);
  assert.equal(masters(second), 0, 'no BACKUP took over while the master was well');
  first.program.kill('SIGTERM');
  await waitFor(
    '255 takeovers',
    5000,
    () => masters(second) === 255,
    () => String(masters(second)),
  );
  const shown = hosts[1]!.ip('-o', '-4', 'address', 'show', 'dev', 'eth0').split('\n').length - 1;
  assert.equal(shown, 256);
});

test('a BACKUP that was stopped for 5 s reads its socket first, and stays BACKUP', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const { carps } = await pair(lab, {}, { advskew: 100 });
  carps[1]!.program.kill('SIGSTOP');
  await elapse(5000);
  carps[1]!.program.kill('SIGCONT');
  await elapse(1500);
  assert.deepEqual([carps[0]!.state(), carps[1]!.state()], ['MASTER', 'BACKUP']);
  assert.equal(carps[1]!.lines.filter(({ event }) => event === 'state').length, 1);
});

test('a MASTER that was stopped for 5 s listens first, and finds its successor', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const { carps } = await pair(lab, { advskew: 50 }, { advskew: 100 });
  carps[0]!.program.kill('SIGSTOP');
  await carps[1]!.reaches('MASTER', 8000);
  const capture = await lab.capture('proto 112 and src 10.88.0.1');
  await elapse(1500);
  carps[0]!.program.kill('SIGCONT');
  await carps[0]!.reaches(
    'BACKUP',
    2000,
    carps[0]!.lines.findIndex(({ to }) => to === 'MASTER'),
  );
  await elapse(1500);
  assert.deepEqual([carps[0]!.state(), carps[1]!.state()], ['BACKUP', 'MASTER']);
  // Its old timer may have had its way no more than once.
  assert.ok(capture.frames.length === 0, `${capture.frames.length} advertisements after it went on`);
});
