/** Other hosts claim the address of a MASTER, on real interfaces: what its clients believe. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { CarpVhidOptions } from '../../modules/carp/index.js';
import { arp, INTRUDER, na } from '../modules/acd/support/intruder.js';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { elapse, Laboratory, type Namespace, waitFor } from './support/index.js';
import { Pair, VIP } from './support/pair.js';
import { Wiretap } from './support/wiretap.js';

const skip = needs('root', 'netns', 'native', 'program:ip');
const SHARED4 = '10.88.0.100';
const SHARED6 = 'fd00:88::100';
const REPORT = /is using our address/;
/** For how long Linux keeps what it has just learnt by a request (net.ipv4.neigh.default.locktime), and somewhat more. */
const LOCK_MS = 1200;
const options: CarpVhidOptions = {
  ifname: 'eth0',
  vhid: 1,
  password: 'secret',
  addresses: [`${SHARED4}/24`, `${SHARED6}/64`],
};

interface Scene {
  readonly master: CarpetCarp;
  readonly client: Namespace;
  readonly intruder: Namespace;
  /** The MASTER's link-layer address. */
  readonly right: string;
}

/** A MASTER with both addresses, a client that has talked to it, and another host. */
async function scene(t: TestContext): Promise<Scene> {
  const lab = Laboratory.open(t);
  const [host, client, intruder] = ['master', 'client', 'intruder'].map((role, i) =>
    lab.host(role, { addresses: [`10.88.0.${i + 1}/24`, `fd00:88::${i + 1}/64`] }),
  ) as [Namespace, Namespace, Namespace];
  const right = JSON.parse(host.ip('-j', 'link', 'show', 'eth0'))[0].address as string;
  const master = new CarpetCarp(host, [options]);
  await master.reaches('MASTER', 8000);
  talk(client, SHARED4, SHARED6);
  await waitFor('the client to know both', 5000, () => knows(client, right));
  await elapse(LOCK_MS);
  return { master, client, intruder, right };
}

/** Sends a datagram to each of the addresses, from `source` if one is given. */
function talk(host: Namespace, to4: string, to6: string, source4 = '0.0.0.0', source6 = '::'): void {
  const send = (type: string, source: string, to: string): string =>
    `{const s = dgram.createSocket('${type}'); s.bind(0, '${source}', () => s.send('x', 9, '${to}', () => setTimeout(() => s.close(), 50)));}`;
  host.exec(process.execPath, '-e', send('udp4', source4, to4) + send('udp6', source6, to6));
}

function lladdr(client: Namespace, address: string): string | undefined {
  return JSON.parse(client.ip('-j', 'neigh', 'show', 'to', address, 'dev', 'eth0'))[0]?.lladdr;
}

const knows = (client: Namespace, wanted: string): boolean =>
  [SHARED4, SHARED6].every((address) => lladdr(client, address) === wanted);

const reports = (carp: CarpetCarp): string[] => carp.program.matching(REPORT).map(({ text }) => text);

test('an address claimed by gratuitous ARP and by neighbour advertisement: reported, answered, right again', {
  skip,
}, async (t) => {
  const { master, client, intruder, right } = await scene(t);
  using wire = new Wiretap(intruder, 'eth0');
  wire.inject(arp({ sender: SHARED4 }));
  wire.inject(na({ target: SHARED6 }));
  assert.ok(knows(client, INTRUDER), 'the attack works');
  await waitFor('the answer', 2000, () => knows(client, right));
  await waitFor(
    'both reports',
    1000,
    () => reports(master).length === 2,
    () => master.program.text,
  );
  for (const [i, address] of [SHARED4, SHARED6].entries())
    assert.match(reports(master)[i]!, new RegExp(`${INTRUDER} is using our address ${address} on eth0`));
  assert.equal(master.state(), 'MASTER');

  // Again at once: answered when the ten seconds are over.
  await elapse(LOCK_MS);
  wire.inject(arp({ sender: SHARED4 }));
  wire.inject(na({ target: SHARED6 }));
  await elapse(500);
  assert.ok(knows(client, INTRUDER));
  await waitFor('the second answer', 10_000, () => knows(client, right));
});

test('an address claimed by a host that has configured it: reported, answered, right again', {
  skip,
}, async (t) => {
  const { master, client, intruder, right } = await scene(t);
  const wrong = JSON.parse(intruder.ip('-j', 'link', 'show', 'eth0'))[0].address as string;
  intruder.ip('address', 'add', `${SHARED4}/24`, 'dev', 'eth0');
  intruder.ip('address', 'add', `${SHARED6}/64`, 'dev', 'eth0', 'nodad');
  // It has to ask for the client's link-layer address, and says in the question where it is itself.
  talk(intruder, '10.88.0.2', 'fd00:88::2', SHARED4, SHARED6);
  await waitFor(
    'both reports',
    3000,
    () => reports(master).length === 2,
    () => master.program.text,
  );
  assert.ok(reports(master).every((text) => text.includes(wrong)));
  await waitFor('the answer', 2000, () => knows(client, right));
});

test('an address claimed by a flood, costs little: two answers and one line for each', {
  skip,
}, async (t) => {
  const { master, client, intruder, right } = await scene(t);
  using wire = new Wiretap(intruder, 'eth0');
  const frames = [arp({ sender: SHARED4 }), na({ target: SHARED6 })];
  const before = cpuMs(master.program.pid);
  const sent = await flood(wire, frames, 20_000, 5000);
  const spent = cpuMs(master.program.pid) - before;
  t.diagnostic(`${sent} frames in 5 s cost ${spent} ms of CPU time`);
  assert.ok(sent > 40_000, `${sent} frames`);
  assert.ok(spent < 1500, `${spent} ms of CPU time`);
  assert.equal(master.state(), 'MASTER');
  await waitFor('the last answer', 8000, () => knows(client, right));
  assert.equal(reports(master).length, 2);
});

test('a flood about other addresses does not wake the process', { skip }, async (t) => {
  const { master, intruder } = await scene(t);
  using wire = new Wiretap(intruder, 'eth0');
  const quiet = cpuMs(master.program.pid);
  await elapse(3000);
  const idle = cpuMs(master.program.pid) - quiet;
  const before = cpuMs(master.program.pid);
  const frames = [arp({ sender: '10.88.0.99', target: SHARED4 }), na({ target: 'fd00:88::99' })];
  const sent = await flood(wire, frames, 10_000, 3000);
  const spent = cpuMs(master.program.pid) - before;
  t.diagnostic(`${sent} frames in 3 s: ${spent} ms of CPU time, idle ${idle} ms`);
  assert.ok(spent < idle + 300, `${spent} ms of CPU time, idle ${idle} ms`);
  assert.deepEqual(reports(master), []);
});

test('hand-overs, preemption and kill -9 beside a ucarp are no conflicts', {
  skip: skip || needs('program:ucarp', 'program:tcpdump'),
}, async (t) => {
  const pair = await Pair.open(t);
  const client = pair.lab.host('client', { addresses: ['10.77.0.9/24'], ipv6: false });
  // It asks for the address all the time, so that ARP goes on.
  client.spawn([
    process.execPath,
    '-e',
    `const s = dgram.createSocket('udp4'); s.on('error', () => {}); setInterval(() => s.send('x', 9, '${VIP}', () => {}), 20)`,
  ]);
  const shared = { ifname: 'eth0', vhid: 1, password: 'love', addresses: [`${VIP}/24`] };
  const all: CarpetCarp[] = [];
  const carpet = (more: Partial<CarpVhidOptions>): CarpetCarp => {
    const made = new CarpetCarp(pair.a.namespace, [{ ...shared, ...more }]);
    all.push(made);
    return made;
  };
  const first = carpet({ advskew: 10 });
  await first.reaches('MASTER', 8000);
  const ucarp = pair.b.start('ucarp', '-k 50');
  await elapse(2500);
  first.program.kill('SIGKILL');
  await waitFor('ucarp to take over', 8000, () => pair.b.holdsAddress);
  // It starts beside a MASTER, with an address that it left, and preempts.
  const second = carpet({ advskew: 10, preempt: true });
  await second.reaches('MASTER', 12_000);
  await elapse(2500);
  // A hand-over: after a dead time without a better MASTER it preempts again.
  second.program.kill('SIGUSR2');
  await second.reaches('BACKUP', 2000);
  await waitFor('the hand-over', 8000, () => second.state() === 'MASTER');
  await elapse(1500);
  ucarp.kill('SIGKILL');
  await elapse(2500);
  assert.deepEqual(all.flatMap(reports), [], all.map(({ program }) => program.text).join('\n'));
});

/** Sends the frames in turn at a rate, for a time. @returns how many */
async function flood(wire: Wiretap, frames: Uint8Array[], rate: number, ms: number): Promise<number> {
  const start = performance.now();
  let sent = 0;
  for (let spent = 0; spent < ms; spent = performance.now() - start) {
    for (; sent < (spent / 1000) * rate; sent++) wire.inject(frames[sent % frames.length]!);
    await elapse(1);
  }
  return sent;
}

/** CPU time of a process so far, proc(5): user and system, in ticks of 10 ms. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
