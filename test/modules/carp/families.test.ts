/** IPv6, dual stack, unicast, broadcast, many vhids. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isScopeEmbedded } from '../../../modules/carp/wire/address-set.js';
import { IfnetModule, InetAddress } from '../../../modules/ifnet/index.js';
import { fromHex, vectors } from './support/vectors.js';
import { World } from './support/world.js';

const DUAL = { addresses: ['10.88.0.100/24', 'fd00::100/64', 'fd00::101/64'] };

describe('IPv6', () => {
  it('alone: advertises to ff02::12 from the link-local address, and announces with NAs', async () => {
    await using world = new World();
    for (const n of [1, 2]) {
      const host = await world.host([`fe80::${n}/64`, `fd00::${n}/64`]);
      host.create({ addresses: ['fd00::100/64'], advskew: n });
    }
    world.advance(10_000);
    assert.deepEqual(world.masters(), ['host1']);
    assert.ok(world.seen.every(({ kind }) => kind === 'carp6' || kind === 'na'));
    assert.ok(world.hosts[0]!.addresses().includes('fd00::100/64'));
    world.lan.cut('host1:eth0');
    world.advance(4000);
    assert.deepEqual(world.masters(), ['host2']);
  });

  it('with IPv4: one advertisement per family and tick with the same counter, or with the same sequence under two seals, one announcement per address', async () => {
    await using world = new World();
    const host = await world.host(['10.88.0.1/24', 'fe80::1/64']);
    host.create({ ...DUAL, delayedGarp: false });
    world.advance(5500);
    const kinds = world.seen.map(({ time, kind }) => `${time} ${kind}`);
    assert.deepEqual(kinds, [
      '3000 carp4',
      '3000 carp6',
      '3000 garp',
      '3000 na',
      '3000 na',
      '4000 carp4',
      '4000 carp6',
      '5000 carp4',
      '5000 carp6',
    ]);
    const sequence = (payload: Uint8Array): bigint =>
      new DataView(payload.buffer, payload.byteOffset).getBigUint64(8) >> 27n;
    const [four, six] = world.seen;
    assert.equal(sequence(four!.payload), sequence(six!.payload));
    assert.notDeepEqual(four!.payload, six!.payload);
    host.carp.list()[0]!.configure({ seal: 'off' });
    world.advance(1000);
    const [unsealed4, unsealed6] = world.seen.slice(-2);
    assert.deepEqual(unsealed4!.payload, unsealed6!.payload);
  });

  it('with IPv4: what was under way when a tie was lost does not undo the backoff', async () => {
    await using world = new World();
    for (const n of [1, 2]) await world.host([`10.88.0.${n}/24`, `fe80::${n}/64`]);
    const vhids = world.hosts.map((host) => host.create(DUAL));
    world.lan.partition(...world.lan.ports.map((port) => [port]));
    world.advance(5000);
    assert.ok(vhids.every(({ state }) => state === 'MASTER'));
    world.lan.heal();
    world.history();
    while (vhids[1]!.state === 'MASTER') world.advance(1);
    // The other half of the advertisement that won arrives, and nothing after it.
    world.advance(5);
    world.lan.cut(world.lan.ports[0]!);
    world.advance(5000);
    const [lost, won] = world.transitions.filter(({ host }) => host === 'host2');
    assert.deepEqual([lost?.to, won?.to], ['BACKUP', 'MASTER']);
    const waited = won!.time - lost!.time;
    assert.ok(waited >= 3200 && waited <= 3600, `dead time and backoff, not ${waited} ms`);
  });

  for (const election of ['auto', 'ucarp', 'ucarp-be'] as const)
    it(`with IPv4: of equals of which each has the lower address in one family, one stays with ${election}`, async () => {
      await using world = new World();
      for (const n of [1, 2]) await world.host([`10.88.0.${n}/24`, `fe80::${9 - n}/64`]);
      for (const host of world.hosts) host.create({ ...DUAL, election });
      world.lan.partition(...world.lan.ports.map((port) => [port]));
      world.advance(5000);
      assert.deepEqual(world.masters(), ['host1', 'host2']);
      world.lan.heal();
      world.advance(2000);
      assert.deepEqual(world.masters(), ['host1']);
      world.history();
      world.advance(20_000);
      assert.deepEqual(world.masters(), ['host1']);
    });

  it('understands a peer that leaves link-local addresses out of the digest, and answers alike', async () => {
    await using world = new World();
    const withLinkLocal = ['fd00::100/64', 'fe80::100/64'];
    const one = (await world.host(['fe80::1/64'])).create({ addresses: withLinkLocal, election: 'openbsd' });
    const two = (await world.host(['fe80::2/64'])).create({ addresses: withLinkLocal, advskew: 100 });
    world.advance(10_000);
    assert.deepEqual([one.state, two.state], ['MASTER', 'BACKUP']);
    assert.ok(isScopeEmbedded(InetAddress.parse('fe80::100').bytes));
    one.setState('INIT');
    world.advance(5000);
    assert.equal(two.state, 'MASTER');
    one.setState('BACKUP');
    world.advance(10_000);
    assert.equal(world.hosts[0]!.carp.statistics.badauth.value, 0);
    assert.equal(world.masters().length, 1);
  });
});

describe('ways to reach peers', () => {
  for (const [family, ends] of [
    [4, ['10.88.0.1', '10.88.0.2']],
    [6, ['fd00::1', 'fd00::2']],
  ] as const) {
    it(`unicast over IPv${family}, which no third host hears`, async () => {
      await using world = new World();
      for (const end of ends)
        await world.host([`${end}/64`.replace(/(\d)\/64$/, family === 4 ? '$1/24' : '$1/64')]);
      const shared = family === 4 ? '10.88.0.100/24' : 'fd00::100/64';
      world.hosts[0]!.create({ addresses: [shared], peers: [ends[1]] });
      world.hosts[1]!.create({ addresses: [shared], peers: [ends[0]], advskew: 100 });
      world.advance(10_000);
      assert.deepEqual(world.masters(), ['host1']);
      world.lan.cut('host1:eth0');
      world.advance(5000);
      assert.deepEqual(world.masters(), ['host2']);
    });
  }

  it('unicast accepts any TTL unless told otherwise; a group does not', async () => {
    await using world = new World();
    const sender = await world.host();
    const near = await world.host();
    const far = await world.host();
    sender.create({ peers: ['10.88.0.2', '10.88.0.3'], ttl: 64 });
    const accepting = near.create({ peers: ['10.88.0.1'], advskew: 50 });
    const refusing = far.create({ peers: ['10.88.0.1'], advskew: 100, minTtl: 255 });
    world.advance(20_000);
    assert.equal(accepting.state, 'BACKUP');
    assert.equal(refusing.state, 'MASTER');
    assert.ok(far.carp.statistics.badttl.value > 10);
    assert.equal(near.carp.statistics.badttl.value, 0);
  });

  it('another group keeps two sets of one vhid apart', async () => {
    await using world = new World();
    const { vhids } = await world.pair(
      {},
      { group: '224.0.0.99' },
      { advskew: 9 },
      { group: '224.0.0.99', advskew: 9 },
    );
    world.advance(10_000);
    assert.deepEqual(
      vhids.map((vhid) => vhid.state),
      ['MASTER', 'MASTER', 'BACKUP', 'BACKUP'],
    );
  });

  it('broadcast frames carry the group as IP destination', async () => {
    await using world = new World();
    const frames: Uint8Array[] = [];
    world.lan.tap(({ frame }) => void (frame[23] === 112 && frames.push(frame.slice())));
    await world.pair({ broadcast: true }, { broadcast: true, advskew: 50 });
    world.advance(10_000);
    assert.deepEqual(world.masters(), ['host1']);
    assert.ok(frames.every((frame) => frame.subarray(0, 6).every((byte) => byte === 0xff)));
    assert.deepEqual([...frames[0]!.subarray(30, 34)], [224, 0, 0, 18]);
  });

  it('can advertise from the virtual MAC', async () => {
    await using world = new World();
    const frames: Uint8Array[] = [];
    world.lan.tap(({ frame }) => void (frame[23] === 112 && frames.push(frame.slice())));
    await world.pair({ virtualMac: true, vhid: 7 });
    world.advance(4000);
    assert.deepEqual([...frames[0]!.subarray(6, 12)], [0, 0, 0x5e, 0, 1, 7]);
  });
});

describe('a link-layer address set by hand, as on OpenBSD', () => {
  const lladdr = '02:aa:bb:cc:dd:ee';

  it('is hashed: who has it set is heard by those alone who have it too', async () => {
    const { vhid, password, addrs4, packet } = vectors.find(({ hashed_mac }) => hashed_mac === lladdr)!;
    for (const [settings, badauth] of [
      [{ lladdr }, 0],
      [{}, 1],
    ] as const) {
      await using world = new World();
      const [peer, host] = [await world.host(['203.0.113.1/24']), await world.host(['203.0.113.2/24'])];
      host.create({ vhid, password, addresses: [`${addrs4[0]}/24`], ...settings });
      peer.kernel.get(IfnetModule).byName('eth0')!.transmit(fromHex(packet));
      world.advance(10);
      const { statistics } = host.carp;
      assert.deepEqual([statistics.ipackets.value, statistics.badauth.value], [1, badauth]);
    }
  });

  it('is not, where it is the virtual one anyway', async () => {
    await using world = new World();
    const { vhids } = await world.pair({ lladdr: '00:00:5e:00:01:01' }, { advskew: 50 });
    world.advance(10_000);
    assert.deepEqual(
      vhids.map(({ state }) => state),
      ['MASTER', 'BACKUP'],
    );
  });

  it('can be set while it runs, without a failover', async () => {
    await using world = new World();
    const { vhids } = await world.pair({}, { advskew: 50 });
    world.advance(10_000);
    world.history();
    vhids[1]!.configure({ lladdr });
    world.advance(30_000);
    vhids[0]!.configure({ lladdr });
    world.advance(60_000);
    assert.deepEqual(world.history(), []);
  });

  it('is the virtual MAC', async () => {
    await using world = new World();
    const frames: Uint8Array[] = [];
    world.lan.tap(({ frame }) => void (frame[23] === 112 && frames.push(frame.slice())));
    await world.pair({ virtualMac: true, lladdr });
    world.advance(4000);
    assert.deepEqual([...frames[0]!.subarray(6, 12)], [0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee]);
  });
});

describe('many vhids', () => {
  it('255 on one interface fail over, each on its own', async () => {
    await using world = new World();
    const [a, b] = [await world.host(), await world.host()];
    const all = Array.from({ length: 255 }, (_, i) => i + 1);
    const options = (vhid: number) => ({ vhid, addresses: [`10.99.0.${vhid}/32`] });
    // Half of them prefer one host, half the other.
    for (const vhid of all) a.create({ ...options(vhid), advskew: vhid % 2 === 0 ? 0 : 100 });
    for (const vhid of all) b.create({ ...options(vhid), advskew: vhid % 2 === 0 ? 100 : 0 });
    world.advance(10_000);
    assert.equal(a.carp.list().filter((vhid) => vhid.state === 'MASTER').length, 127);
    assert.equal(b.carp.list().filter((vhid) => vhid.state === 'MASTER').length, 128);
    assert.equal(a.addresses().length, 128);
    await a.kernel.unload('carp');
    world.advance(100);
    assert.equal(b.carp.list().filter((vhid) => vhid.state === 'MASTER').length, 255);
    assert.deepEqual(a.addresses(), ['10.88.0.1/24']);
  });

  it('of one number twice on an interface are refused', async () => {
    await using world = new World();
    const host = await world.host();
    host.create();
    assert.throws(() => host.create(), { code: 'EEXIST' });
    assert.equal(host.carp.list().length, 1);
  });
});
