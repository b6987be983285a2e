/** Service from the virtual MAC, on real interfaces: what a client, a switch, ucarp and the host itself see of it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CarpVhidOptions } from '../../modules/carp/index.js';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { elapse, type Frame, Laboratory, type Namespace, waitFor } from './support/index.js';

const skip = needs('root', 'netns', 'native', 'program:tcpdump', 'program:ip', 'program:bridge');
const VMAC = '00:00:5e:00:01:01';
const SHARED = ['10.88.0.100', 'fd00:88::100'];
const options = (more: Partial<CarpVhidOptions> = {}): CarpVhidOptions => ({
  ifname: 'eth0',
  vhid: 1,
  password: 'secret',
  addresses: ['10.88.0.100/24', 'fd00:88::100/64'],
  virtualMac: 'service',
  ...more,
});

interface Scene {
  readonly lab: Laboratory;
  readonly a: Namespace;
  readonly b: Namespace;
  readonly client: Namespace;
}

/** Two hosts with a server that says whose it is, and a client. */
async function scene(t: TestContext): Promise<Scene> {
  const lab = Laboratory.open(t);
  const [a, b, client] = ['a', 'b', 'client'].map((role, i) =>
    lab.host(role, { addresses: [`10.88.0.${i + 1}/24`, `fd00:88::${i + 1}/64`] }),
  ) as [Namespace, Namespace, Namespace];
  for (const host of [a, b]) {
    const server = `net.createServer((socket) => socket.end('${host.role}')).listen(7, '::', () => console.log('ready'))`;
    await host.spawn([process.execPath, '-e', server]).waitForLine(/ready/, 5000);
  }
  return { lab, a, b, client };
}

/** Who answers the client at every shared address, and the link-layer address at which it does. */
function reach(client: Namespace): string[] {
  return SHARED.map((address) => {
    const ask = `net.connect({ host: '${address}', port: 7, timeout: 3000 }).on('timeout', () => process.exit(1)).pipe(process.stdout)`;
    const answer = client.exec(process.execPath, '-e', ask);
    const [entry] = JSON.parse(client.ip('-j', 'neigh', 'show', 'to', address, 'dev', 'eth0'));
    return `${answer} at ${entry.lladdr}`;
  });
}

const at = (host: Namespace): string[] => SHARED.map(() => `${host.role} at ${VMAC}`);

/** The ports at which the switch has the virtual MAC. */
function learnt(lab: Laboratory): string[] {
  const table = JSON.parse(lab.switch.exec('bridge', '-j', 'fdb', 'show', 'br', 'br0'));
  return table
    .filter(({ mac }: { mac: string }) => mac === VMAC)
    .map(({ ifname }: { ifname: string }) => ifname);
}

/** Every interface with its addresses, and every setting of IP. */
function inventory(host: Namespace): string {
  const settings = 'cd /proc/sys/net; grep -rs . ipv4/conf ipv6/conf | grep -v stable_secret | sort';
  return `${host.ip('-br', 'address')}\n${host.exec('sh', '-c', settings)}`;
}

const carp1 = (host: Namespace): { name: string; flags: string[] } | undefined =>
  JSON.parse(host.ip('-j', 'link', 'show', 'type', 'macvlan'))
    .filter(({ ifname }: { ifname?: string }) => ifname?.startsWith('carp1-'))
    .map(({ ifname, flags }: { ifname: string; flags: string[] }) => ({ name: ifname, flags }))[0];
const isUp = (host: Namespace): boolean => carp1(host)?.flags.includes('UP') === true;

test('a client keeps what it knows across failovers, and the switch follows the master', {
  skip,
}, async (t) => {
  const { lab, a, b, client } = await scene(t);
  const fromA = await lab.capture(`inbound and ether src ${VMAC}`, lab.switch, lab.port(a));
  const fromB = await lab.capture(`inbound and ether src ${VMAC}`, lab.switch, lab.port(b));
  const arps = await lab.capture('arp or icmp6');
  const first = new CarpetCarp(a, [options()]);
  await first.reaches('MASTER', 8000);
  const second = new CarpetCarp(b, [options({ advskew: 20 })]);
  await second.reaches('BACKUP', 4000);
  assert.deepEqual(reach(client), at(a));
  assert.deepEqual([learnt(lab), isUp(a), isUp(b)], [[lab.port(a)], true, false]);
  await elapse(1500);
  assert.equal(fromB.frames.length, 0, `a BACKUP sent ${fromB.frames.join('\n')}`);

  // A graceful stop.
  first.program.kill('SIGTERM');
  await second.reaches('MASTER', 2000);
  assert.deepEqual(reach(client), at(b));
  assert.deepEqual([learnt(lab), isUp(b)], [[lab.port(b)], true]);
  assert.equal((await first.program.exited).code, 0);
  await fromA.stop();
  const again = await lab.capture(`inbound and ether src ${VMAC}`, lab.switch, lab.port(a));

  // And a pulled cable, after which the successor is MASTER again.
  const third = new CarpetCarp(a, [options({ advskew: 10 })]);
  await third.reaches('BACKUP', 4000);
  await elapse(1000);
  assert.equal(again.frames.length, 0, `a BACKUP sent ${again.frames.join('\n')}`);
  lab.cut(b);
  await third.reaches('MASTER', 5000);
  assert.deepEqual(reach(client), at(a));
  assert.deepEqual([learnt(lab), isUp(b)], [[lab.port(a)], false]);
  lab.heal(b);

  // Nobody ever said that a shared address is elsewhere.
  await arps.stop();
  const claims = arps.where(
    (frame) => SHARED.includes(frame.arp?.sender ?? '') || SHARED.includes(frame.neighbour ?? ''),
  );
  assert.ok(claims.length >= 6);
  for (const frame of claims) assert.equal(claimed(frame), VMAC, String(frame));
});

/** The link-layer address that an ARP packet or a neighbour advertisement gives for its sender. */
function claimed(frame: Frame): string {
  if (frame.arp !== undefined) return frame.arp.senderLladdr;
  // 14 Ethernet, 40 IPv6, 24 advertisement, 2 of the option's header.
  return Array.from(frame.bytes.subarray(80, 86), (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

test('two masters after a partition hear each other, although both are at one link-layer address', {
  skip,
}, async (t) => {
  const { lab, a, b, client } = await scene(t);
  const isolate = (how: 'on' | 'off'): void => {
    for (const host of [a, b])
      lab.switch.exec('bridge', 'link', 'set', 'dev', lab.port(host), 'isolated', how);
  };
  isolate('on');
  const carps = [new CarpetCarp(a, [options()]), new CarpetCarp(b, [options({ advskew: 50 })])] as const;
  // A busy machine takes seconds to start them; from then on it is a dead time.
  await Promise.all(carps.map((carp) => carp.reaches('BACKUP', 15_000)));
  await Promise.all(carps.map((carp) => carp.reaches('MASTER', 5000)));
  assert.deepEqual([isUp(a), isUp(b)], [true, true]);
  isolate('off');
  await waitFor('one master', 5000, () => carps[1].state() === 'BACKUP');
  assert.equal(carps[0].state(), 'MASTER');
  await waitFor('the switch to follow', 3000, () => learnt(lab).join() === lab.port(a));
  assert.deepEqual(reach(client), at(a));
});

test('the host is as before when it ends, also after a kill and a second run; what is deleted comes back', {
  skip,
}, async (t) => {
  const { lab, a, client } = await scene(t);
  a.sysctl('net.ipv4.conf.eth0.rp_filter', 1);
  a.sysctl('net.ipv4.conf.default.rp_filter', 1);
  const before = inventory(a);
  const first = new CarpetCarp(a, [options(), options({ vhid: 2, addresses: ['10.88.0.102/24'] })]);
  await first.reaches('MASTER', 8000);
  await waitFor('both', 2000, () => first.state('2@eth0') === 'MASTER');
  assert.notEqual(inventory(a), before);
  const { name } = carp1(a)!;
  assert.match(name, /^carp1-\d+$/);
  assert.deepEqual(reach(client), at(a), 'with strict reverse-path filtering');

  a.ip('link', 'delete', name);
  await waitFor('it to come back', 2000, () => isUp(a));
  assert.deepEqual(reach(client), at(a));
  a.ip('link', 'set', name, 'down');
  await waitFor('it to come up', 2500, () => isUp(a));
  await waitFor('its addresses', 2500, () => a.ip('-br', 'address', 'show', name).includes(SHARED[1]!));
  assert.deepEqual(reach(client), at(a));

  first.program.kill('SIGKILL');
  await first.program.exited;
  assert.ok(isUp(a), 'nobody was there to remove it');
  const capture = await lab.capture(`ether src ${VMAC}`);
  const second = new CarpetCarp(a, [options(), options({ vhid: 2, addresses: ['10.88.0.102/24'] })]);
  await second.reaches('BACKUP', 4000);
  assert.ok(!isUp(a));
  assert.ok(capture.where(({ arp }) => arp !== undefined).length === 0);
  await second.reaches('MASTER', 6000);
  assert.deepEqual(reach(client), at(a));
  second.program.kill('SIGTERM');
  assert.equal((await second.program.exited).code, 0);
  assert.equal(inventory(a), before);
});

test('it is a gateway, with strict filters, and forwarding on those interfaces only; it came with its interface', {
  skip,
}, async (t) => {
  const { lab, a, client } = await scene(t);
  const server = lab.namespace('server');
  const carpet = new CarpetCarp(a, [options({ ifname: 'lan0', addresses: ['10.99.0.100/24'] })]);
  await carpet.program.waitForLine(/there is no interface lan0 yet/, 5000);
  a.sysctl('net.ipv4.conf.all.rp_filter', 1);
  lab.join(a, 'lan0', server, 'eth0');
  server.ip('address', 'add', '10.99.0.9/24', 'dev', 'eth0');
  server.ip('link', 'set', 'eth0', 'up');
  for (const ifname of ['eth0', 'lan0']) a.sysctl(`net.ipv4.conf.${ifname}.forwarding`, 1);
  a.ip('link', 'set', 'lan0', 'up');
  a.ip('address', 'add', '10.99.0.1/24', 'dev', 'lan0');
  await carpet.reaches('MASTER', 6000);
  client.ip('route', 'add', '10.99.0.0/24', 'via', '10.88.0.1');
  server.ip('route', 'add', 'default', 'via', '10.99.0.100');
  const program = server.spawn([
    process.execPath,
    '-e',
    "net.createServer((socket) => socket.end(socket.localAddress)).listen(7, '0.0.0.0', () => console.log('ready'))",
  ]);
  await program.waitForLine(/ready/, 5000);
  const ask =
    "net.connect({ host: '10.99.0.9', port: 7, timeout: 3000 }).on('timeout', () => process.exit(1)).pipe(process.stdout)";
  assert.equal(client.exec(process.execPath, '-e', ask), '10.99.0.9');
  const [gateway] = JSON.parse(server.ip('-j', 'neigh', 'show', 'to', '10.99.0.100'));
  assert.equal(gateway.lladdr, VMAC);
});

test('ucarp takes the advertisements, and the address when they end', {
  skip: needs('root', 'netns', 'native', 'program:ucarp', 'program:ip'),
}, async (t) => {
  const lab = Laboratory.open(t);
  const [a, u] = [1, 2].map((n) => lab.host(`h${n}`, { addresses: [`10.88.0.${n}/24`], ipv6: false })) as [
    Namespace,
    Namespace,
  ];
  const carpet = new CarpetCarp(a, [options({ addresses: ['10.88.0.100/24'] })]);
  await carpet.reaches('MASTER', 8000);
  const peer = u.spawn('ucarp -i eth0 -v 1 -p secret -a 10.88.0.100 -s 10.88.0.2 -f none -k 50'.split(' '));
  await peer.waitForLine(/Switching to state: BACKUP/, 3000);
  await elapse(5000);
  assert.equal(peer.matching(/state: MASTER|Bad/).length, 0, peer.text);
  carpet.program.kill('SIGTERM');
  await peer.waitForLine(/Switching to state: MASTER/, 3000);
});
