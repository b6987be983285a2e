/** Virtual routers on a virtual LAN: addresses, advertisements, failover, both families, both ways to the peers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CarpModule } from '../../../modules/carp/index.js';
import { type Vip, VipModule } from '../../../modules/vip/index.js';
import { VrrpModule, type VrrpRouter } from '../../../modules/vrrp/index.js';
import { SHARED, SHARED6, World } from './support/world.js';

const quiet = { virtualMac: false } as const;

describe('a virtual router', () => {
  for (const virtualMac of [true, false]) {
    it(`has the addresses on the MASTER alone, ${virtualMac ? 'with' : 'without'} a virtual MAC`, async () => {
      await using world = new World();
      const [one, two] = await world.group({ priority: 150, virtualMac }, { virtualMac });
      world.advance(5000);
      assert.deepEqual([one!.state, two!.state], ['MASTER', 'BACKUP']);
      assert.deepEqual(
        world.hosts.map((host) => host.holds(SHARED)),
        [true, false],
      );
      assert.equal(world.seen.at(-1)!.lladdr === '00:00:5e:00:01:07', virtualMac);
      assert.deepEqual([two!.master?.address, two!.master?.priority], ['10.88.0.1', 150]);
    });
  }

  it('is taken over in 3 intervals and the skew when the master is silent', async () => {
    await using world = new World();
    const [, two] = await world.group({ priority: 150, ...quiet }, quiet);
    world.advance(5000);
    const last = world.seen.at(-1)!.time;
    const [port] = world.lan.ports;
    world.lan.cut(port!);
    world.advance(4000);
    assert.equal(two!.state, 'MASTER');
    const at = Number(world.history.at(-1)!.split(' ')[0]);
    assert.ok(Math.abs(at - last - 3609.375) < 2, `${at - last}`);
  });

  it('is handed over with priority 0 in the skew, and taken back by the better one', async () => {
    await using world = new World();
    const [one, two] = await world.group({ priority: 150, ...quiet }, quiet);
    world.advance(5000);
    one!.setState('INIT');
    const stopped = world.clock.now();
    world.advance(700);
    assert.equal(two!.state, 'MASTER');
    const at = Number(world.history.at(-1)!.split(' ')[0]);
    assert.ok(Math.abs(at - stopped - 609.375) < 2, `${at - stopped}`);
    one!.setState('BACKUP');
    world.advance(8000);
    assert.deepEqual([one!.state, two!.state], ['MASTER', 'BACKUP']);
  });

  it('is said to leave for the same reason in both of its steps', async () => {
    await using world = new World();
    const [one] = await world.group({ priority: 150, ...quiet }, quiet);
    world.advance(5000);
    one!.setState('INIT', 'shutting down');
    assert.deepEqual(
      world.history.slice(-2).map((line) => line.replace(/^\d+ /, '')),
      ['host1 MASTER->BACKUP shutting down 7@eth0', 'host1 BACKUP->INIT shutting down 7@eth0'],
    );
  });

  it('of the owner has its addresses from the start, if it is in the settings too', async () => {
    await using world = new World();
    const host = await world.host({
      routers: [{ ifname: 'eth0', vrid: 7, priority: 255, addresses: [SHARED] }],
    });
    await world.clock.advance(1);
    assert.equal(host.vrrp.list()[0]!.state, 'MASTER');
    assert.ok(host.holds(SHARED));
    assert.equal(world.seen.length, 1);
  });

  it('stays where it is with equal priorities, and goes to the higher address when both are MASTER', async () => {
    await using world = new World();
    const [one, two] = await world.group(quiet, quiet);
    world.advance(10_000);
    assert.equal(world.masters().length, 1);
    one!.setState('MASTER');
    two!.setState('MASTER');
    world.advance(2000);
    assert.deepEqual([one!.state, two!.state], ['BACKUP', 'MASTER']);
  });

  it('of IPv6 advertises from the link-local address and is independent of the IPv4 one', async () => {
    await using world = new World();
    const hosts = [await world.host(), await world.host()];
    for (const [i, host] of hosts.entries()) {
      host.create({ priority: 150 - 50 * i });
      host.create({ addresses: SHARED6, priority: 100 + 50 * i });
    }
    world.advance(5000);
    const states = hosts.map(({ vrrp }) => vrrp.list().map(({ name, state }) => `${name} ${state}`));
    assert.deepEqual(states, [
      ['7@eth0 MASTER', '7v6@eth0 BACKUP'],
      ['7@eth0 BACKUP', '7v6@eth0 MASTER'],
    ]);
    const six = world.seen.filter(({ family }) => family === 6);
    assert.equal(six.at(-1)!.lladdr, '00:00:5e:00:02:07');
    assert.ok(hosts[1]!.holds(SHARED6[1]!) && !hosts[0]!.holds(SHARED6[1]!));
    assert.match(hosts[0]!.vrrp.list()[1]!.master!.address, /^fe80::/);
  });

  it('reaches unicast peers, refuses strangers, and is not heard by others', async () => {
    await using world = new World();
    const [one, two, third] = await world.group(
      { priority: 150, peers: ['10.88.0.2'], ...quiet },
      { peers: ['10.88.0.1'], ...quiet },
      { peers: ['10.88.0.9'], ...quiet },
    );
    world.advance(5000);
    assert.deepEqual([one!.state, two!.state, third!.state], ['MASTER', 'BACKUP', 'MASTER']);
  });

  it('of version 2 with a password takes no other', async () => {
    await using world = new World();
    const v2 = { version: 2, ...quiet } as const;
    const routers = await world.group(
      { ...v2, password: 'secret', priority: 150 },
      { ...v2, password: 'secret' },
      { ...v2, password: 'other' },
    );
    world.advance(5000);
    assert.deepEqual(
      routers.map(({ state }) => state),
      ['MASTER', 'BACKUP', 'MASTER'],
    );
    assert.ok(world.hosts[2]!.vrrp.statistics.badauth.value > 0);
    assert.ok(
      world.hosts[2]!.log.some(({ message }) => message.includes('its authentication is another one')),
    );
  });

  for (const [family, options, length] of [
    ['IPv4', {}, 12],
    ['IPv6', { addresses: SHARED6 }, 40],
  ] as const) {
    it(`with a key is authenticated, and no advertisement is taken for a repeated one, over ${family}`, async () => {
      await using world = new World();
      const own = {
        ...quiet,
        ...options,
        addresses: [...(options.addresses ?? [SHARED])],
        hmac: { key: '0b'.repeat(32) },
      };
      const [one, two] = await world.group({ ...own, priority: 150 }, own);
      world.advance(5000);
      assert.deepEqual([one!.state, two!.state], ['MASTER', 'BACKUP']);
      assert.equal(world.seen.at(-1)!.payload.length, length + 28);
      const { statistics } = world.hosts[1]!.vrrp;
      assert.deepEqual(
        [one!.toJSON().authentication, statistics.badsum.value, statistics.replayed.value],
        ['hmac', 0, 0],
      );
    });
  }

  it('in version 2 refuses another interval, in version 3 it learns it', async () => {
    await using world = new World();
    const [, two] = await world.group({ priority: 150, interval: 2000, ...quiet }, quiet);
    world.advance(12_000);
    assert.deepEqual([two!.state, two!.interval], ['BACKUP', 2000]);
    await using old = new World();
    const [a, b] = await old.group(
      { version: 2, priority: 150, interval: 2000, ...quiet },
      { version: 2, ...quiet },
    );
    old.advance(12_000);
    assert.deepEqual([a!.state, b!.state], ['MASTER', 'MASTER']);
    assert.ok(old.hosts[1]!.vrrp.statistics.interval_differs.value > 0);
  });

  it('logs another list of addresses and accepts it, or drops it', async () => {
    await using world = new World();
    const [one, two, three] = await world.group(
      { priority: 150, ...quiet },
      { addresses: ['10.88.0.101/24'], ...quiet },
      { addresses: ['10.88.0.101/24'], addressList: 'drop', ...quiet },
    );
    world.advance(5000);
    assert.deepEqual([one!.state, two!.state, three!.state], ['MASTER', 'BACKUP', 'MASTER']);
    assert.ok(world.hosts[1]!.log.some(({ message }) => message.includes('it names other addresses')));
  });

  it('works at one centisecond', async () => {
    await using world = new World();
    const [one, two] = await world.group(
      { priority: 150, interval: 10, ...quiet },
      { interval: 10, ...quiet },
    );
    world.advance(1000);
    assert.deepEqual([one!.state, two!.state], ['MASTER', 'BACKUP']);
    one!.setState('INIT');
    world.advance(10);
    assert.equal(two!.state, 'MASTER');
  });

  it('leaves MASTER without a link, and comes back as BACKUP', async () => {
    await using world = new World();
    const [one] = await world.group(quiet);
    world.advance(5000);
    const [port] = world.lan.ports;
    world.lan.cut(port!);
    world.advance(10);
    assert.equal(one!.state, 'INIT');
    world.lan.mend(port!);
    world.advance(10);
    assert.equal(one!.state, 'BACKUP');
    world.advance(3700);
    assert.equal(one!.state, 'MASTER');
  });

  it('is demoted by the ledger, at once, but never an owner', async () => {
    await using world = new World();
    const [one, two] = await world.group({ priority: 150, ...quiet }, quiet);
    world.advance(5000);
    const { demotion } = world.hosts[0]!.kernel.get(VipModule);
    using _line = demotion.request({ amount: 100, reason: 'a test', by: 'operator' });
    assert.equal(one!.priority, 50);
    world.advance(4000);
    assert.deepEqual([one!.state, two!.state], ['BACKUP', 'MASTER']);
    assert.deepEqual(
      one!.toJSON().demotions?.map(({ reason }) => reason),
      ['a test'],
    );
    one!.configure({ priority: 255 });
    assert.equal(one!.priority, 255);
  });

  it('moves with its failover group, across protocols', async () => {
    await using world = new World();
    const hosts = [await world.host(), await world.host()];
    const vhids = [];
    for (const [i, host] of hosts.entries()) {
      const carp = await host.kernel.load(CarpModule);
      host.create({ priority: 150 - 50 * i, failoverGroup: 'web', ...quiet });
      vhids.push(
        carp.create({
          ifname: 'eth0',
          vhid: 1,
          password: 'x',
          addresses: ['10.88.0.200/24'],
          advskew: 100 * i,
          failoverGroup: 'web',
        }),
      );
    }
    world.advance(6000);
    assert.deepEqual([hosts[0]!.vrrp.list()[0]!.state, vhids[0]!.state], ['MASTER', 'MASTER']);
    hosts[0]!.vrrp.list()[0]!.setState('BACKUP');
    world.advance(700);
    assert.deepEqual([hosts[1]!.vrrp.list()[0]!.state, vhids[1]!.state], ['MASTER', 'MASTER']);
  });
});

describe('a failover group', () => {
  it('stays where it is when a member is removed', async () => {
    await using world = new World();
    const hosts = [await world.host(), await world.host()];
    const routers = hosts.map((host, i) =>
      [7, 8].map((vrid) =>
        host.create({
          vrid,
          addresses: [`10.88.0.10${vrid}/24`],
          priority: 150 - 50 * i,
          failoverGroup: 'web',
          ...quiet,
        }),
      ),
    );
    world.advance(6000);
    const states = () => routers.map((each) => each.map(({ state }) => state).join());
    assert.deepEqual(states(), ['MASTER,MASTER', 'BACKUP,BACKUP']);
    world.history.length = 0;
    hosts[0]!.vrrp.remove(routers[0]![1]!);
    world.advance(6000);
    assert.deepEqual(states(), ['MASTER,INIT', 'BACKUP,MASTER']);
    assert.ok(world.history.every((line) => line.endsWith('8@eth0')));
  });

  /** The virtual router is served from a virtual MAC, which is the same on both hosts; the vhid is not. */
  it('tells the neighbours of all its members that the loser of a partition has yielded, though one member saw it', async () => {
    await using world = new World();
    const hosts = [await world.host(), await world.host()];
    const routers: VrrpRouter[] = [];
    for (const [i, host] of hosts.entries()) {
      const carp = await host.kernel.load(CarpModule);
      const failoverGroup = 'web';
      routers.push(host.create({ priority: 150 - 50 * i, interval: 100, failoverGroup }));
      const addresses = ['10.88.0.200/24'];
      carp.create({
        ifname: 'eth0',
        vhid: 1,
        password: 'x',
        advbase: 5,
        advskew: 100 * i,
        addresses,
        failoverGroup,
      });
    }
    world.advance(20_000);
    world.lan.partition(['host1:eth0'], ['host2:eth0']);
    world.advance(19_000);
    const states = () => routers.map(({ state }) => state);
    assert.deepEqual(states(), ['MASTER', 'MASTER']);
    const announced: string[] = [];
    world.lan.tap(({ port, frame }) => {
      const sender = frame.subarray(28, 32).join('.');
      if (frame[12] === 8 && frame[13] === 6 && sender === '10.88.0.200') announced.push(port.name);
    });
    // The loser has just advertised: it will hear the winner before it is heard.
    while (!(world.seen.at(-1)!.port === 'host2:eth0' && world.clock.now() - world.seen.at(-1)!.time < 1))
      world.advance(0.5);
    world.lan.partition();
    const from = world.seen.length;
    world.advance(120);
    assert.deepEqual(states(), ['MASTER', 'BACKUP']);
    assert.ok(world.seen.slice(from).every(({ payload }) => payload[1] === 7));
    assert.ok(announced.includes('host1:eth0'), `announced by: ${announced.join() || 'none'}`);
  });
});

describe('a handler that takes a state back', () => {
  it('has the failover group follow what came of it', async () => {
    await using world = new World();
    const host = await world.host();
    const [one, two] = [7, 8].map((vrid) =>
      host.create({
        vrid,
        addresses: [`10.88.0.10${vrid}/24`],
        priority: 300 - vrid * 25,
        failoverGroup: 'g',
      }),
    ) as [VrrpRouter, VrrpRouter];
    host.kernel.eventhandler.register('vrrp_state_event', (router, { to }) => {
      if (router === one && to === 'MASTER') one.setState('BACKUP');
    });
    world.advance(3550);
    assert.deepEqual(world.history.at(-1), '3512 host1 MASTER->BACKUP user requested 7@eth0');
    assert.deepEqual([one.state, two.state], ['BACKUP', 'BACKUP']);
  });
});

/** Two equal hosts, each of which is MASTER of one router of IPv4 or IPv6, and then of a group of both. */
async function dividedGroup(
  world: World,
  linkLocal: readonly [string, string],
  masters: readonly [4 | 6, 4 | 6],
) {
  const hosts = [];
  for (const [i, last] of linkLocal.entries())
    hosts.push(
      await world.host({}, { addresses: [`10.88.0.${i + 1}/24`, `fe80::${last}/64`], linkLocal: false }),
    );
  // Hosts have no clock in common: with equal intervals both would advertise, and take over, in the same instant here.
  const routers = hosts.map((host, i) => ({
    4: host.create({ vrid: 7, interval: 1000 + 110 * i, ...quiet }),
    6: host.create({ vrid: 8, interval: 1000 + 110 * i, addresses: SHARED6, ...quiet }),
  }));
  for (const [i, family] of masters.entries()) routers[i]![family].setState('MASTER');
  world.advance(5000 + world.random.float() * 1000);
  const states = () => routers.map((own) => `${own[4].state},${own[6].state}`);
  const divided = states();
  for (const own of routers)
    for (const router of Object.values(own)) router.configure({ failoverGroup: 'web' });
  return { divided, states };
}

/** A host with a router of each family, in one group. */
async function bothFamilies(world: World, addresses: string[]): Promise<VrrpRouter[]> {
  const host = await world.host({}, { addresses, linkLocal: false });
  const grouped = { interval: 1000, failoverGroup: 'web', ...quiet };
  return [host.create({ vrid: 7, ...grouped }), host.create({ vrid: 8, addresses: SHARED6, ...grouped })];
}

describe('a failover group of equal hosts that is divided', () => {
  it('moves to the one that wins where it is BACKUP', async () => {
    await using world = new World();
    const { divided, states } = await dividedGroup(world, ['1', '2'], [6, 4]);
    assert.deepEqual(divided, ['BACKUP,MASTER', 'MASTER,BACKUP']);
    world.advance(8000);
    assert.deepEqual(states(), ['BACKUP,BACKUP', 'MASTER,MASTER']);
  });

  it('moves to one of them and stays there, though each wins where the other is MASTER', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      await using world = new World(seed, { latencyMs: 0.2, jitterMs: 2 });
      const { divided, states } = await dividedGroup(world, ['2', '1'], [4, 6]);
      assert.deepEqual(divided, ['MASTER,BACKUP', 'BACKUP,MASTER']);
      world.advance(12_000);
      assert.deepEqual(states().toSorted(), ['BACKUP,BACKUP', 'MASTER,MASTER'], `seed ${seed}`);
      world.history.length = 0;
      world.advance(30_000);
      assert.deepEqual(world.history, []);
    }
  });
});

describe('a failover group of equal hosts that start together', () => {
  it('goes to one of them, though each wins where the other loses', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      await using world = new World(seed, { latencyMs: 0.2, jitterMs: 0.1 });
      const groups = [];
      for (const [v4, v6] of ['12', '21'])
        groups.push(await bothFamilies(world, [`10.88.0.${v4}/24`, `fe80::${v6}/64`]));
      world.advance(15_000);
      const states = groups.map((routers) => routers.map(({ state }) => state).join()).toSorted();
      assert.deepEqual(states, ['BACKUP,BACKUP', 'MASTER,MASTER'], `seed ${seed}`);
      world.history.length = 0;
      world.advance(30_000);
      assert.deepEqual(world.history, []);
    }
  });
});

describe('the module vrrp', () => {
  it('invokes vip_state_event when the addresses are in place', async () => {
    await using world = new World();
    const host = await world.host();
    const seen: string[] = [];
    host.kernel.eventhandler.register('vip_state_event', (vip: Vip, { to }) => {
      seen.push(`${vip.protocol} ${vip.name} ${to} ${host.holds(SHARED)}`);
    });
    host.create(quiet);
    world.advance(4000);
    assert.deepEqual(seen, ['vrrp 7@eth0 BACKUP false', 'vrrp 7@eth0 MASTER true']);
  });

  it('refuses the number of a vhid on the same interface', async () => {
    await using world = new World();
    const host = await world.host();
    const carp = await host.kernel.load(CarpModule);
    carp.create({ ifname: 'eth0', vhid: 7, password: 'x', addresses: ['10.88.0.200/24'] });
    assert.throws(() => host.create(), {
      code: 'EBUSY',
      message: /the number 7 is taken on eth0 by a vhid of CARP/,
    });
    assert.deepEqual(host.vrrp.list(), []);
    host.create({ vrid: 8 });
    assert.throws(
      () => carp.create({ ifname: 'eth0', vhid: 8, password: 'x', addresses: ['10.88.0.201/24'] }),
      { code: 'EBUSY' },
    );
  });

  it('runs beside CARP on one interface; neither hears the other', async () => {
    await using world = new World();
    const hosts = [await world.host(), await world.host()];
    for (const host of hosts) {
      const carp = await host.kernel.load(CarpModule);
      for (let i = 0; i < 10; i++) {
        carp.create({ ifname: 'eth0', vhid: 100 + i, password: 'x', addresses: [`10.88.1.${i + 1}/16`] });
        host.create({ vrid: 1 + i, version: i < 5 ? 2 : 3, addresses: [`10.88.2.${i + 1}/16`], ...quiet });
      }
    }
    world.advance(10_000);
    for (const { kernel, vrrp } of hosts) {
      const { statistics } = kernel.get(CarpModule);
      const strange = [statistics.vrrp, statistics.badlen, statistics.badver, statistics.badvhid];
      const { carp, badvrid, badlen, badver } = vrrp.statistics;
      assert.deepEqual(
        [...strange, carp, badvrid, badlen, badver].map(({ value }) => value),
        Array(8).fill(0),
      );
    }
    for (const i of Array(10).keys()) {
      const states = hosts.map(({ vrrp }) => vrrp.list()[i]!.state).toSorted();
      assert.deepEqual(states, ['BACKUP', 'MASTER']);
    }
  });

  it('applies new settings whole or not at all', async () => {
    await using world = new World();
    const one = { ifname: 'eth0', vrid: 7, addresses: [SHARED], ...quiet };
    const { kernel, vrrp } = await world.host({ routers: [one] });
    world.advance(4000);
    const before = vrrp.list()[0]!;
    await kernel.reconfigure(VrrpModule, { routers: [{ ...one, priority: 150 }] });
    assert.deepEqual([vrrp.list()[0] === before, before.state, before.priority], [true, 'MASTER', 150]);
    const carp = await kernel.load(CarpModule);
    carp.create({ ifname: 'eth0', vhid: 9, password: 'x', addresses: ['10.88.0.200/24'] });
    const bad = { ifname: 'eth0', vrid: 9, addresses: ['10.88.0.150/24'] };
    await assert.rejects(
      async () => kernel.reconfigure(VrrpModule, { routers: [{ ...one, priority: 20 }, bad] }),
      {
        code: 'EBUSY',
      },
    );
    assert.deepEqual(
      vrrp.list().map(({ name, priority }) => `${name} ${priority}`),
      ['7@eth0 150'],
    );
  });

  it('makes one again that a program has removed, which itself cannot be changed', async () => {
    await using world = new World();
    const one = { ifname: 'eth0', vrid: 7, addresses: [SHARED], failoverGroup: 'g', ...quiet };
    const two = { ...one, vrid: 8, addresses: ['10.88.0.101/24'] };
    const { kernel, vrrp } = await world.host({ routers: [one, two] });
    world.advance(4000);
    const [gone, other] = vrrp.list() as [VrrpRouter, VrrpRouter];
    vrrp.remove(gone);
    assert.throws(() => gone.configure({ priority: 5 }), {
      code: 'ENOENT',
      message: 'vrrp 7@eth0: has been removed',
    });
    assert.equal(other.priority, 100);
    const wanted = { routers: [{ ...one, priority: 150 }, two] };
    assert.deepEqual(await kernel.changes(VrrpModule, wanted), ['7@eth0: new']);
    await kernel.reconfigure(VrrpModule, wanted);
    world.advance(4000);
    assert.deepEqual(
      vrrp.list().map(({ name, state, priority }) => `${name} ${state} ${priority}`),
      ['8@eth0 MASTER 100', '7@eth0 MASTER 150'],
    );
  });

  it('leaves nothing behind', async () => {
    await using world = new World();
    const host = await world.host();
    const { kernel, vrrp } = host;
    vrrp.create({ ifname: 'eth0', vrid: 7, addresses: [SHARED] });
    world.advance(4000);
    assert.ok(host.holds(SHARED));
    await kernel.unload('vrrp');
    assert.ok(!host.holds(SHARED));
    assert.equal(world.seen.at(-1)!.payload[2], 0, 'priority 0');
  });
});
