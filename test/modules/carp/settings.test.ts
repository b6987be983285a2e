/** Settings: what is refused, what may change while a vhid runs, what it is told to do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CarpVhid } from '../../../modules/carp/index.js';
import { parseOptions } from '../../../modules/carp/settings.js';
import { leaveBehind, SHARED, World } from './support/world.js';

const good = { ifname: 'eth0', vhid: 1, password: 'x', addresses: ['10.0.0.1/24'] };

describe('a wrong setting is refused by name', () => {
  const wrong: [settings: Record<string, unknown>, message: RegExp][] = [
    [{ vhid: 0 }, /^carp: vhid is not 1 to 255$/],
    [{ vhid: 256 }, /vhid is not 1 to 255/],
    [{ vhid: '1' }, /vhid is not a whole number 1 to 255/],
    [{ vhid: 1.5 }, /vhid is not a whole number/],
    [{ vhid: undefined }, /vhid is missing/],
    [{ ifname: 'eth0/1' }, /ifname is not an interface name/],
    [{ password: undefined }, /password is missing/],
    [{ password: 'x'.repeat(21) }, /password is longer than 20 bytes/],
    [{ addresses: [] }, /addresses is empty/],
    [{ addresses: ['10.0.0.1/24', 'nonsense'] }, /addresses\[1\] 'nonsense' is not an address like/],
    [
      { addresses: ['10.0.0.1'] },
      /'10\.0\.0\.1' has no prefix length: .* 10\.0\.0\.1\/24, or \/32 for none$/,
    ],
    [{ addresses: ['fd00::1'] }, /'fd00::1' has no prefix length: .* fd00::1\/64, or \/128 for none$/],
    [{ addresses: ['10.66.0.0/24'] }, /'10\.66\.0\.0\/24' is the address of the network itself/],
    [{ addresses: ['fd00::/64'] }, /'fd00::\/64' is the address of the network itself/],
    [{ addresses: ['10.66.0.255/24'] }, /'10\.66\.0\.255\/24' is the network's broadcast address/],
    [{ addresses: ['10.66.0.3/30'] }, /'10\.66\.0\.3\/30' is the network's broadcast address/],
    [{ addresses: ['224.0.0.18/32'] }, /'224\.0\.0\.18\/32' is not the address of a host/],
    [{ addresses: ['0.0.0.0/32'] }, /'0\.0\.0\.0\/32' is not the address of a host/],
    [{ addresses: ['ff02::12/128'] }, /'ff02::12\/128' is not the address of a host/],
    [{ advbase: -1 }, /advbase is not 0 to 255/],
    [{ advskew: 256 }, /advskew is not 0 to 255/],
    [{ advbase: 255, advskew: 255 }, /is the bow-out/],
    [{ deadRatio: 0 }, /deadRatio is not 1 to 255/],
    [{ election: 'vrrp' }, /election is not one of auto/],
    [{ peers: ['224.0.0.18'] }, /peers\[0\] is not a unicast address/],
    [{ group: '10.0.0.1' }, /group is not a multicast address; for unicast use peers/],
    [{ group6: '224.0.0.18' }, /group6 is not an IPv6 address/],
    [{ source: 'fd00::1' }, /source is not an IPv4 address/],
    [{ lladdr: '02:00:00:00:01' }, /lladdr '02:00:00:00:01' is not a link-layer address like/],
    [{ lladdr: '01:00:5e:00:00:12' }, /lladdr is not a unicast address of six bytes/],
    [{ preemptDelay: -1 }, /preemptDelay is negative/],
    [{ garpRefresh: Number.NaN }, /garpRefresh is not a number/],
    [{ garpRefresh: 0.0001 }, /garpRefresh is below 100 ms/],
    [{ preemt: true }, /unknown setting preemt/],
    [{ constructor: 1 }, /unknown setting constructor/],
    [JSON.parse('{"__proto__": {"advskew": 1}}'), /unknown setting __proto__/],
  ];
  for (const [settings, message] of wrong) {
    it(JSON.stringify(settings).slice(0, 60), () => {
      assert.throws(() => parseOptions({ ...good, ...settings }), { code: 'ESETTINGS', message });
    });
  }

  it('but not an address that only looks like a network', () => {
    const addresses = [
      '10.66.0.0/31',
      '10.66.0.1/31',
      '10.66.0.0/32',
      '10.66.0.255/16',
      'fd00::/127',
      'fd00::/128',
    ];
    assert.deepEqual(parseOptions({ ...good, addresses }).settings.addresses.map(String), addresses);
  });

  it('and leaves nothing behind', async () => {
    await using world = new World();
    const host = await world.host();
    assert.throws(() => host.create({ vhid: 999 }), { code: 'ESETTINGS' });
    assert.equal(host.carp.list().length, 0);
  });
});

describe('changes while it runs', () => {
  it('of timers make no failover, and take effect', async () => {
    await using world = new World();
    const { vhids } = await world.pair({}, { advskew: 50 });
    world.advance(10_000);
    world.history();
    vhids[0]!.configure({ advskew: 10 });
    vhids[1]!.configure({ advskew: 90, deadRatio: 4 });
    world.advance(10_000);
    assert.deepEqual(world.history(), []);
    assert.equal(world.seen.filter(({ kind }) => kind === 'carp4').at(-1)!.payload[2], 10);
    assert.equal(vhids[1]!.deadTime, 4351.5625);
  });

  it('of addresses make no failover if every host gets them within a minute', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      await using world = new World();
      const { hosts, vhids } = await world.pair({}, { advskew: 50 });
      world.advance(10_000);
      world.history();
      world.seen.length = 0;
      const addresses = [SHARED, '10.88.0.101/24'];
      vhids[order[0]!]!.configure({ addresses });
      if (order[0] === 0) world.advance(1000);
      else world.advance(30_000);
      vhids[order[1]!]!.configure({ addresses });
      world.advance(30_000);
      assert.deepEqual(world.history(), [], `order ${String(order)}`);
      assert.deepEqual(hosts[0]!.addresses(), ['10.88.0.1/24', ...addresses]);
      assert.ok(world.seen.some(({ kind, payload }) => kind === 'garp' && payload[17] === 101));
      vhids[0]!.configure({ addresses: ['10.88.0.101/24'] });
      assert.deepEqual(hosts[0]!.addresses(), ['10.88.0.1/24', '10.88.0.101/24']);
    }
  });

  it('of addresses make no failover if the first list was wrong, and was mended within the minute', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({}, { advskew: 50 });
    world.advance(10_000);
    world.history();
    const [master, backup] = vhids as [CarpVhid, CarpVhid];
    backup.configure({ addresses: [SHARED, '10.88.0.110/24'] });
    world.advance(20_000);
    const addresses = [SHARED, '10.88.0.101/24'];
    backup.configure({ addresses });
    world.advance(39_000);
    master.configure({ addresses });
    world.advance(30_000);
    assert.deepEqual(world.history(), []);
    assert.equal(hosts[1]!.carp.statistics.badauth.value, 0);
  });

  it('of addresses leave each list a minute, and two at most', async () => {
    for (const wait of [21_000, 0]) {
      await using world = new World();
      const { hosts, vhids } = await world.pair({}, { advskew: 50 });
      world.advance(10_000);
      vhids[1]!.configure({ addresses: [SHARED, '10.88.0.110/24'] });
      world.advance(40_000);
      vhids[1]!.configure({ addresses: [SHARED, '10.88.0.111/24'] });
      assert.equal(hosts[1]!.carp.statistics.badauth.value, 0);
      if (wait === 0) vhids[1]!.configure({ addresses: [SHARED, '10.88.0.112/24'] });
      world.advance(wait + 1100);
      assert.ok(hosts[1]!.carp.statistics.badauth.value > 0);
    }
  });

  it('of the password count at once', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({}, { advskew: 50 });
    world.advance(10_000);
    vhids[1]!.configure({ password: 'new' });
    world.advance(1500);
    assert.ok(hosts[1]!.carp.statistics.badauth.value > 0);
    vhids[0]!.configure({ password: 'new' });
    world.advance(10_000);
    assert.deepEqual(
      vhids.map((vhid) => vhid.state),
      ['MASTER', 'BACKUP'],
    );
  });

  it('of peers switch from multicast to unicast and back', async () => {
    await using world = new World();
    const { vhids } = await world.pair({}, { advskew: 50 });
    world.advance(10_000);
    vhids[0]!.configure({ peers: ['10.88.0.2'] });
    vhids[1]!.configure({ peers: ['10.88.0.1'] });
    world.history();
    world.advance(10_000);
    vhids[0]!.configure({ peers: [] });
    vhids[1]!.configure({ peers: [] });
    world.advance(10_000);
    assert.deepEqual(world.history(), []);
  });

  it('that are wrong change nothing', async () => {
    await using world = new World();
    const { vhids } = await world.pair({});
    const before = vhids[0]!.settings;
    assert.throws(() => vhids[0]!.configure({ advbase: 1000 }), { code: 'ESETTINGS' });
    assert.equal(vhids[0]!.settings, before);
  });

  it('of net.inet.carp.allow: 0 sends everything to INIT, 1 brings it back', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({});
    world.advance(5000);
    hosts[0]!.kernel.sysctl.set('net.inet.carp.allow', 0);
    assert.equal(vhids[0]!.state, 'INIT');
    assert.deepEqual(hosts[0]!.addresses(), ['10.88.0.1/24']);
    hosts[0]!.kernel.sysctl.set('net.inet.carp.allow', 1);
    world.advance(5000);
    assert.equal(vhids[0]!.state, 'MASTER');
  });

  it('of net.inet.carp.dscp and preempt count for the next packet', async () => {
    await using world = new World();
    const frames: Uint8Array[] = [];
    world.lan.tap(({ frame }) => void (frame[23] === 112 && frames.push(frame.slice())));
    const { hosts } = await world.pair({}, { advskew: 50 });
    world.advance(5000);
    assert.equal(frames.at(-1)![15], 0xe0);
    hosts[0]!.kernel.sysctl.set('net.inet.carp.dscp', 4);
    world.advance(1000);
    assert.equal(frames.at(-1)![15], 0x10);
  });
});

describe('told to', () => {
  it('take over, a BACKUP does, until something better is heard', async () => {
    await using world = new World();
    const { vhids } = await world.pair({}, { advskew: 50 });
    world.advance(10_000);
    world.history();
    vhids[1]!.setState('MASTER');
    world.advance(2000);
    assert.deepEqual(
      world.history().map((line) => line.replace(/^\d+ /, '')),
      [
        'host2 BACKUP->MASTER user requested via ifconfig',
        'host2 MASTER->BACKUP more frequent advertisement received',
      ],
    );
  });

  it('give up, a MASTER hands over at once, and the other stays without preempt', async () => {
    await using world = new World();
    const { vhids } = await world.pair({}, { advskew: 50 });
    world.advance(10_300);
    vhids[0]!.setState('BACKUP');
    world.advance(1);
    assert.deepEqual(world.masters(), ['host2']);
    world.advance(20_000);
    assert.deepEqual(world.masters(), ['host2']);
  });

  it('give up alone, it comes back after a dead time', async () => {
    await using world = new World();
    const { vhids } = await world.pair({});
    world.advance(10_000);
    vhids[0]!.setState('BACKUP');
    world.advance(2999);
    assert.equal(vhids[0]!.state, 'BACKUP');
    world.advance(1);
    assert.equal(vhids[0]!.state, 'MASTER');
  });

  it('stay in INIT until told otherwise', async () => {
    await using world = new World();
    const { vhids } = await world.pair({});
    world.advance(10_000);
    vhids[0]!.setState('INIT');
    world.lan.cut('host1:eth0');
    world.lan.mend('host1:eth0');
    world.advance(60_000);
    assert.equal(vhids[0]!.state, 'INIT');
    vhids[0]!.setState('BACKUP');
    world.advance(3000);
    assert.equal(vhids[0]!.state, 'MASTER');
  });
});

describe('delays', () => {
  it('startupDelay keeps it in INIT', async () => {
    await using world = new World();
    await world.pair({ startupDelay: 7000 });
    world.advance(20_000);
    assert.deepEqual(world.history(), [
      '7000 host1 INIT->BACKUP initialization complete',
      '10000 host1 BACKUP->MASTER master timed out',
    ]);
  });

  it('preemptDelay watches a slower master that long', async () => {
    await using world = new World();
    const slow = await world.host();
    slow.create({ advskew: 100 });
    world.advance(10_000);
    const fast = (await world.host()).create({ preempt: true, preemptDelay: 5000 });
    world.advance(4500);
    assert.equal(fast.state, 'BACKUP');
    world.advance(3000);
    assert.equal(fast.state, 'MASTER');
  });

  it('garpRefresh announces again and again', async () => {
    await using world = new World();
    await world.pair({ garpRefresh: 10_000, delayedGarp: false });
    world.advance(34_000);
    const times = world.seen.filter(({ kind }) => kind === 'garp').map(({ time }) => time);
    assert.deepEqual(times, [3000, 13_000, 23_000, 33_000]);
  });
});

describe('addresses', () => {
  it('left behind by an earlier run are taken off', async () => {
    await using world = new World();
    const first = await world.host();
    first.create();
    world.advance(1000);
    const second = await world.host();
    leaveBehind(second, SHARED);
    second.create({ advskew: 10 });
    assert.deepEqual(second.addresses(), ['10.88.0.2/24']);
  });

  it('taken off a MASTER by somebody else come back', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({});
    world.advance(5000);
    const prefix = vhids[0]!.addresses[0]!;
    vhids[0]!.ifp!.removeAddress(prefix);
    world.advance(1);
    assert.deepEqual(hosts[0]!.addresses(), ['10.88.0.1/24', SHARED]);
    vhids[0]!.ifp!.removeAddress(prefix);
    world.advance(500);
    assert.deepEqual(hosts[0]!.addresses(), ['10.88.0.1/24']);
    world.advance(501);
    assert.deepEqual(hosts[0]!.addresses(), ['10.88.0.1/24', SHARED]);
  });

  it('taken off all at once come back together', async () => {
    await using world = new World();
    const addresses = [SHARED, '10.88.0.101/24', '10.88.0.102/24'];
    const { hosts, vhids } = await world.pair({ addresses });
    world.advance(5000);
    for (const prefix of vhids[0]!.addresses) vhids[0]!.ifp!.removeAddress(prefix);
    world.advance(1);
    assert.deepEqual(hosts[0]!.addresses(), ['10.88.0.1/24', ...addresses]);
  });

  it('are left alone when told so', async () => {
    await using world = new World();
    const { hosts } = await world.pair({ manageAddresses: false });
    world.advance(5000);
    assert.deepEqual(hosts[0]!.addresses(), ['10.88.0.1/24']);
    assert.ok(world.seen.some(({ kind }) => kind === 'garp'));
  });
});

describe('sub-second', () => {
  it('advbase 0 is advskew/256 s, dead after three intervals, and stable', async () => {
    await using world = new World(1, { latencyMs: 0.3, jitterMs: 5 });
    await world.pair({ advbase: 0, advskew: 5 }, { advbase: 0, advskew: 10 });
    world.advance(60_000);
    assert.equal(world.transitions.length, 3);
    assert.equal(world.masters()[0], 'host1');
    world.history();
    world.lan.cut('host1:eth0');
    world.advance(150);
    assert.match(world.history()[1]!, /host2 BACKUP->MASTER master timed out/);
  });
});
