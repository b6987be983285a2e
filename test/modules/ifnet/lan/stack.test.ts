/** Two and three hosts on a segment: what the driver and the kernel part behind each interface do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Kernel, seededRandom, VirtualClock } from '../../../../core/index.js';
import {
  broadcastLladdr,
  ETHERTYPE_ARP,
  encodeArp,
  encodeEthernet,
  formatLladdr,
  IfnetModule,
  InetAddress,
  InetPrefix,
  type IpPacket,
  internetChecksum,
  parseEthernet,
} from '../../../../modules/ifnet/index.js';
import { Lan, LanDriver, type LanIfnet } from '../../../../modules/ifnet/lan/index.js';
import { strict } from '../../../support/kernel.js';

const ip = (text: string): InetAddress => InetAddress.parse(text);
const CARP = 112;
const GROUP = ip('224.0.0.18');

async function network(...names: string[]) {
  const clock = new VirtualClock();
  const lan = new Lan({ clock, random: seededRandom(1) });
  const kernels: Kernel[] = [];
  const ifps: LanIfnet[] = [];
  for (const [i, name] of names.entries()) {
    const kernel = new Kernel({ ...strict, clock, name, random: seededRandom(i) });
    const driver = await kernel.load(LanDriver, { lan });
    ifps.push(driver.create({ name: 'eth0', addresses: [`10.0.0.${i + 1}/24`, `fd00::${i + 1}/64`] }));
    kernels.push(kernel);
  }
  const [a, b, c] = ifps as [LanIfnet, LanIfnet, LanIfnet];
  const [kernelA, kernelB] = kernels as [Kernel, Kernel];
  return { clock, lan, kernels, kernelA, kernelB, a, b, c };
}

function listen(ifp: LanIfnet, options: { family?: 4 | 6; protocol?: number; groups?: InetAddress[] } = {}) {
  const heard: string[] = [];
  const socket = ifp.openIp({
    family: 4,
    protocol: CARP,
    ...options,
    input: ({ source, destination, ttl, payload }: IpPacket) =>
      heard.push(`${source} > ${destination!} ttl ${ttl}: ${Buffer.from(payload).toString('hex')}`),
  });
  return { heard, socket };
}

function echoRequest(sequence: number): Uint8Array {
  const request = Uint8Array.of(8, 0, 0, 0, 0x12, 0x34, sequence >> 8, sequence & 0xff);
  const sum = internetChecksum(request);
  request[2] = sum >> 8;
  request[3] = sum & 0xff;
  return request;
}

describe('a socket on the virtual LAN', () => {
  it('hears its groups, its protocol, its family, and not itself', async () => {
    const { clock, a, b, c } = await network('alpha', 'beta', 'gamma');
    const sender = listen(a, { groups: [GROUP] });
    const member = listen(b, { groups: [GROUP] });
    const stranger = listen(c);
    const other = listen(c, { groups: [GROUP], protocol: 89 });
    sender.socket.send(Uint8Array.of(1, 2), { destination: GROUP });
    clock.advanceSync(1);
    assert.deepEqual(member.heard, ['10.0.0.1 > 224.0.0.18 ttl 255: 0102']);
    assert.deepEqual([sender.heard, stranger.heard, other.heard], [[], [], []]);
  });

  it('applies the filter: TTL, bytes of the payload, own sources', async () => {
    const { clock, a, b } = await network('alpha', 'beta');
    const { heard, socket } = listen(b, { groups: [GROUP] });
    const sender = listen(a).socket;
    socket.setFilter({
      ttl: 255,
      bytes: [{ offset: 1, mask: 0xf0, values: [0x20] }],
      notSource: [ip('10.0.0.9')],
    });
    sender.send(Uint8Array.of(1, 0x21), { destination: GROUP, ttl: 254 });
    sender.send(Uint8Array.of(2, 0x31), { destination: GROUP });
    sender.send(Uint8Array.of(3), { destination: GROUP });
    sender.send(Uint8Array.of(4, 0x21), { destination: GROUP, source: ip('10.0.0.9') });
    sender.send(Uint8Array.of(5, 0x2f), { destination: GROUP });
    clock.advanceSync(1);
    assert.deepEqual(heard, ['10.0.0.1 > 224.0.0.18 ttl 255: 052f']);
    assert.equal(b.counters.filtered, 4);
    socket.setFilter(undefined);
    sender.send(Uint8Array.of(6), { destination: GROUP, ttl: 1 });
    clock.advanceSync(1);
    assert.equal(heard.length, 2);
  });

  it('does not hear over IPv4 what seems to come from its own host, as on Linux', async () => {
    const { clock, a, b } = await network('alpha', 'beta');
    const [four, six] = [listen(b, { groups: [GROUP] }), listen(b, { family: 6, groups: [ip('ff02::12')] })];
    const sender = listen(a, { groups: [GROUP] }).socket;
    sender.send(Uint8Array.of(1), { destination: GROUP, source: ip('10.0.0.2') });
    listen(a, { family: 6 }).socket.send(Uint8Array.of(2), {
      destination: ip('ff02::12'),
      source: ip('fd00::2'),
    });
    clock.advanceSync(1);
    assert.deepEqual([four.heard, six.heard], [[], ['fd00::2 > ff02::12 ttl 255: 02']]);
    assert.equal(b.counters.ownSource, 1);
    b.setSysctl(4, 'accept_local', 1);
    sender.send(Uint8Array.of(3), { destination: GROUP, source: ip('10.0.0.2') });
    clock.advanceSync(1);
    assert.deepEqual(four.heard, ['10.0.0.2 > 224.0.0.18 ttl 255: 03']);
  });

  it('chooses the link-layer addresses: the group, the broadcast address, a virtual source', async () => {
    const { lan, a } = await network('alpha', 'beta');
    const { socket } = listen(a);
    const frames: string[] = [];
    lan.tap(({ frame }) => {
      const { destination, source } = parseEthernet(frame)!;
      frames.push(`${formatLladdr(source)} > ${formatLladdr(destination)}`);
    });
    const vmac = Uint8Array.of(0, 0, 0x5e, 0, 1, 7);
    socket.send(new Uint8Array(1), { destination: GROUP });
    socket.send(new Uint8Array(1), { destination: GROUP, lladdr: vmac });
    socket.send(new Uint8Array(1), { destination: GROUP, broadcast: true });
    assert.deepEqual(frames, [
      '02:00:00:00:00:01 > 01:00:5e:00:00:12',
      '00:00:5e:00:01:07 > 01:00:5e:00:00:12',
      '02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff',
    ]);
  });

  it('refuses with the codes of Linux', async () => {
    const { kernelA, a } = await network('alpha', 'beta');
    const { socket } = listen(a);
    const send =
      (to: string, bytes = 1) =>
      (): void =>
        socket.send(new Uint8Array(bytes), { destination: ip(to) });
    assert.throws(send('10.0.0.255'), { code: 'EACCES' });
    assert.throws(send('192.168.0.1'), { code: 'ENETUNREACH', message: /^eth0: 192\.168\.0\.1/ });
    assert.throws(send('fd00::1'), { code: 'EAFNOSUPPORT' });
    assert.throws(send('10.0.0.2', 1481), { code: 'EMSGSIZE' });
    a.setUp(false);
    assert.throws(send('10.0.0.2'), { code: 'ENETDOWN' });
    socket[Symbol.dispose]();
    assert.throws(send('10.0.0.2'), { code: 'EBADF' });
    await kernelA.unload('lan');
    assert.throws(() => a.setUp(true), { code: 'ENXIO' });
  });

  it('hears nothing after it is closed, not even from within its own input', async () => {
    const { clock, a, b } = await network('alpha', 'beta');
    let heard = 0;
    const socket = b.openIp({
      family: 4,
      protocol: CARP,
      groups: [GROUP],
      input: () => {
        heard++;
        socket[Symbol.dispose]();
      },
    });
    const sender = listen(a).socket;
    sender.send(Uint8Array.of(1), { destination: GROUP });
    sender.send(Uint8Array.of(2), { destination: GROUP });
    clock.advanceSync(1);
    assert.equal(heard, 1);
  });
});

describe('unicast', () => {
  it('asks for the neighbour, keeps what waits, and sends it when the answer comes', async () => {
    const { clock, a, b } = await network('alpha', 'beta');
    const { heard } = listen(b);
    const sender = listen(a).socket;
    sender.send(Uint8Array.of(1), { destination: ip('10.0.0.2') });
    sender.send(Uint8Array.of(2), { destination: ip('10.0.0.2') });
    clock.advanceSync(1);
    assert.deepEqual(heard, ['10.0.0.1 > 10.0.0.2 ttl 255: 01', '10.0.0.1 > 10.0.0.2 ttl 255: 02']);
    assert.deepEqual(a.neighbour(ip('10.0.0.2'))?.lladdr, b.lladdr);
    assert.deepEqual(b.neighbour(ip('10.0.0.1'))?.lladdr, a.lladdr, 'the asker is learnt');
  });

  it('does the same with neighbour discovery', async () => {
    const { clock, a, b } = await network('alpha', 'beta');
    const { heard } = listen(b, { family: 6 });
    listen(a, { family: 6 }).socket.send(Uint8Array.of(1), { destination: ip('fd00::2') });
    clock.advanceSync(1);
    assert.deepEqual(heard, ['fd00::1 > fd00::2 ttl 255: 01']);
    assert.deepEqual(a.neighbour(ip('fd00::2'))?.lladdr, b.lladdr);
  });

  it('keeps 1024 neighbours, and forgets the one it met first', async () => {
    const { clock, kernelA, a, b } = await network('alpha', 'beta');
    const events: string[] = [];
    kernelA.eventhandler.register(
      'lle_event',
      ({ address }, event) => void events.push(`${address} ${event}`),
    );
    listen(b, { family: 6 });
    const { socket } = listen(a, { family: 6 });
    const ask = (address: string): void => socket.send(Uint8Array.of(1), { destination: ip(address) });
    ask('fd00::2');
    clock.advanceSync(1);
    for (let n = 1; n < 1024; n++) ask(`fd00::9:${n.toString(16)}`);
    assert.deepEqual(a.neighbour(ip('fd00::2'))?.lladdr, b.lladdr);
    ask('fd00::9:400');
    assert.equal(a.neighbour(ip('fd00::2')), undefined);
    assert.deepEqual(events, ['fd00::2 RESOLVED', 'fd00::2 DELETED']);
    ask('fd00::2');
    clock.advanceSync(1);
    assert.deepEqual(a.neighbour(ip('fd00::2'))?.lladdr, b.lladdr);
  });

  it('gives up after three questions, and says so', async () => {
    const { clock, lan, kernelA, a } = await network('alpha');
    const events: string[] = [];
    kernelA.eventhandler.register(
      'lle_event',
      ({ address }, event) => void events.push(`${address} ${event}`),
    );
    let frames = 0;
    lan.tap(() => frames++);
    listen(a).socket.send(Uint8Array.of(1), { destination: ip('10.0.0.99') });
    clock.advanceSync(10_000);
    assert.equal(frames, 3);
    assert.deepEqual(events, ['10.0.0.99 TIMEDOUT']);
    assert.equal(clock.armed, 0);
  });

  it('answers echo requests, of both families', async () => {
    const { clock, a, b } = await network('alpha', 'beta');
    const { heard, socket } = listen(a, { protocol: 1 });
    socket.send(echoRequest(7), { destination: ip('10.0.0.2') });
    clock.advanceSync(1);
    assert.equal(heard.length, 1);
    assert.match(heard[0]!, /^10\.0\.0\.2 > 10\.0\.0\.1 ttl 64: 0000....12340007$/);
    assert.equal(b.counters.badIp, 0);
  });

  it('goes to where a gratuitous ARP says the address has moved', async () => {
    const { clock, a, b, c } = await network('alpha', 'beta', 'gamma');
    const shared = InetPrefix.parse('10.0.0.100/24');
    b.addAddress(shared);
    const ping = listen(a, { protocol: 1 }).socket;
    const listeners = [listen(b, { protocol: 1 }), listen(c, { protocol: 1 })];
    const pings = (): number[] => listeners.map(({ heard }) => heard.length);
    ping.send(echoRequest(1), { destination: shared.address });
    clock.advanceSync(1);
    assert.deepEqual(pings(), [1, 0]);
    b.removeAddress(shared);
    c.addAddress(shared);
    ping.send(echoRequest(2), { destination: shared.address });
    clock.advanceSync(1);
    assert.deepEqual(pings(), [1, 0], 'the old owner drops it: the address is no longer its own');
    const arp = encodeArp({
      operation: 1,
      senderLladdr: c.lladdr,
      senderAddress: shared.address.bytes,
      targetLladdr: new Uint8Array(6),
      targetAddress: shared.address.bytes,
    });
    c.transmit(encodeEthernet(broadcastLladdr(), c.lladdr, ETHERTYPE_ARP, arp));
    clock.advanceSync(1);
    ping.send(echoRequest(3), { destination: shared.address });
    clock.advanceSync(1);
    assert.deepEqual(pings(), [1, 1]);
  });
});

describe('duplicate address detection', () => {
  it('takes a second, in which the address is no source', async () => {
    const { clock, a } = await network('alpha', 'beta');
    a.addAddress(InetPrefix.parse('fd01::1/64'));
    const find = () => a.addresses.find((address) => address.prefix.address.equals(ip('fd01::1')))!;
    assert.equal(find().tentative, true);
    clock.advanceSync(1000);
    assert.equal(find().tentative, false);
  });

  it('finds the owner of the address, and marks it', async () => {
    const { clock, a, b } = await network('alpha', 'beta');
    b.addAddress(InetPrefix.parse('fd01::1/64'), { nodad: true });
    a.addAddress(InetPrefix.parse('fd01::1/64'));
    clock.advanceSync(5000);
    const found = a.addresses.find((address) => address.prefix.address.equals(ip('fd01::1')))!;
    assert.deepEqual([found.tentative, found.dadFailed], [true, true]);
    assert.equal(
      b.addresses.some((address) => address.dadFailed === true),
      false,
    );
  });

  it('fails both hosts that try at once', async () => {
    const { clock, a, b } = await network('alpha', 'beta');
    for (const ifp of [a, b]) ifp.addAddress(InetPrefix.parse('fd01::1/64'));
    clock.advanceSync(5000);
    for (const ifp of [a, b])
      assert.ok(
        ifp.addresses.some((address) => address.dadFailed === true),
        ifp.port.name,
      );
  });
});

describe('a link-local address', () => {
  it('is made whenever the interface comes up, and is tentative at first', async () => {
    const clock = new VirtualClock();
    const lan = new Lan({ clock, random: seededRandom(1) });
    const driver = await new Kernel({ ...strict, clock }).load(LanDriver, { lan });
    const ifp = driver.create({ name: 'eth0', lladdr: '02:00:00:00:12:34', linkLocal: true });
    const shown = (): string[] => ifp.addresses.map((a) => `${a.prefix} ${a.scope} ${a.tentative}`);
    assert.deepEqual(shown(), ['fe80::ff:fe00:1234/64 link true']);
    clock.advanceSync(1000);
    assert.deepEqual(shown(), ['fe80::ff:fe00:1234/64 link false']);
    ifp.setUp(false);
    assert.deepEqual(shown(), []);
    ifp.setUp(true);
    assert.deepEqual(shown(), ['fe80::ff:fe00:1234/64 link true']);
  });
});

describe('the driver', () => {
  it('makes interfaces from its settings, and takes them away with all that they hold', async () => {
    const clock = new VirtualClock();
    const lan = new Lan({ clock, random: seededRandom(1) });
    const kernel = new Kernel({ ...strict, clock, name: 'alpha' });
    const gone: string[] = [];
    kernel.eventhandler.register('ifnet_departure_event', (ifp) => void gone.push(ifp.name));
    await kernel.load(LanDriver, {
      lan,
      interfaces: [{ name: 'eth0', addresses: ['10.0.0.1/24'] }, { name: 'eth1' }],
    });
    assert.deepEqual(
      lan.ports.map((port) => port.name),
      ['alpha:eth0', 'alpha:eth1'],
    );
    await kernel.unload('lan');
    assert.deepEqual(gone, ['eth0', 'eth1']);
    assert.deepEqual(lan.ports, []);
    assert.equal(clock.armed, 0);
    await kernel.shutdown();
  });

  it('is reloaded with the interfaces of its settings', async () => {
    const clock = new VirtualClock();
    const lan = new Lan({ clock, random: seededRandom(1) });
    const kernel = new Kernel({ ...strict, clock, name: 'alpha' });
    await kernel.load(LanDriver, { lan, interfaces: [{ name: 'eth0', addresses: ['10.0.0.1/24'] }] });
    const before = kernel.get(IfnetModule).byName('eth0')!;
    await kernel.reload(LanDriver);
    const after = kernel.get(IfnetModule).byName('eth0');
    assert.deepEqual([before.attached, after?.attached, lan.ports.length], [false, true, 1]);
  });

  it('names the setting that is wrong', async () => {
    const clock = new VirtualClock();
    const lan = new Lan({ clock, random: seededRandom(1) });
    const kernel = new Kernel({ ...strict, clock });
    await assert.rejects(kernel.load(LanDriver, { lan: 7 }), { code: 'ESETTINGS', message: /settings\.lan/ });
    const bad = { lan, interfaces: [{ name: 'eth0', addresses: ['10.0.0.300/24'] }] };
    await assert.rejects(kernel.load(LanDriver, bad), /10\.0\.0\.300/);
    assert.deepEqual(lan.ports, [], 'nothing of it stays behind');
  });
});
