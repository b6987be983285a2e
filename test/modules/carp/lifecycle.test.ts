/** Interfaces that come and go, and a module that does. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CarpModule } from '../../../modules/carp/index.js';
import { type Ifnet, IfnetError, IfnetModule } from '../../../modules/ifnet/index.js';
import { LanDriver, type LanIfnet } from '../../../modules/ifnet/lan/index.js';
import { World } from './support/world.js';

describe('an interface', () => {
  it('may come after the vhid, go, and come again', async () => {
    await using world = new World();
    const host = await world.host();
    world.advance(1000);
    const vhid = host.create({ ifname: 'eth1', addresses: ['10.77.0.100/24'] });
    assert.deepEqual([vhid.state, vhid.since], ['INIT', 1000]);
    const plug = () => host.kernel.get(LanDriver).create({ name: 'eth1', addresses: ['10.77.0.1/24'] });
    for (let round = 0; round < 2; round++) {
      const ifp: LanIfnet = plug();
      world.advance(5000);
      assert.equal(vhid.state, 'MASTER');
      ifp.destroy();
      assert.equal(vhid.state, 'INIT');
      assert.equal(vhid.ifp, undefined);
      world.advance(5000);
    }
  });

  it('whose names cannot be claimed keeps no vhid from running, nor from going', async () => {
    await using world = new World();
    const host = await world.host();
    host.kernel.get(IfnetModule).byName('eth0')!.claim = (name) => {
      throw new IfnetError('EMFILE', 'eth0', `cannot claim ${name}`);
    };
    const vhid = host.create();
    world.advance(5000);
    assert.equal(vhid.state, 'MASTER');
    const lines = host.log.map(({ message }) => message);
    assert.ok(
      lines.some((line) => /1@eth0: cannot find out whether another process has this number/.test(line)),
    );
    host.carp.remove(vhid);
    assert.deepEqual(host.addresses(), ['10.88.0.1/24']);
  });

  it('may come back while descriptors are short: its vhid starts when they are not', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create({ ifname: 'eth1', addresses: ['10.77.0.100/24'] });
    let short = true;
    host.kernel.eventhandler.register('ifnet_arrival_event', { priority: 0, handler: starve });
    function starve(ifp: Ifnet): void {
      const open = ifp.openIp.bind(ifp);
      ifp.openIp = (options) => {
        if (short) throw new IfnetError('EMFILE', ifp.name, 'too many sockets');
        return open(options);
      };
    }
    host.kernel.get(LanDriver).create({ name: 'eth1', addresses: ['10.77.0.1/24'] });
    world.advance(50_000);
    assert.equal(vhid.state, 'INIT');
    const lines = host.log.filter(({ message }) => /1@eth1: cannot start: .*too many sockets/.test(message));
    assert.equal(lines.length, 1);
    short = false;
    world.advance(10_000);
    assert.equal(vhid.state, 'MASTER');
  });

  it('may be renamed: its vhids stay with it', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({});
    world.advance(5000);
    (vhids[0]!.ifp as LanIfnet).rename('lan0');
    assert.equal(vhids[0]!.name, '1@lan0');
    assert.equal(vhids[0]!.state, 'MASTER');
    assert.equal(hosts[0]!.carp.get('lan0', 1), vhids[0]);
  });

  it('may be renamed to what a vhid waits for, as udev does, unless it has that vhid already', async () => {
    await using world = new World();
    const host = await world.host();
    const there = host.create({ addresses: ['10.88.0.101/24'] });
    const second = host.create({ ifname: 'lan0', addresses: ['10.88.0.102/24'] });
    const third = host.create({ ifname: 'lan0', vhid: 3, addresses: ['10.88.0.103/24'] });
    (there.ifp as LanIfnet).rename('lan0');
    world.advance(5000);
    assert.deepEqual(
      [there, second, third].map(({ state }) => state),
      ['MASTER', 'INIT', 'MASTER'],
    );
    assert.ok(host.log.some(({ message }) => /1@lan0: cannot start: vhid 1 exists on lan0/.test(message)));
  });

  it('taken down and up goes through INIT; link unknown counts as up', async () => {
    await using world = new World();
    const { vhids } = await world.pair({});
    world.advance(5000);
    world.history();
    vhids[0]!.ifp!.setUp(false);
    world.advance(3000);
    vhids[0]!.ifp!.setUp(true);
    world.advance(3000);
    assert.deepEqual(
      world.history().map((line) => line.replace(/^\d+ /, '')),
      [
        'host1 MASTER->INIT hardware interface down',
        'host1 INIT->BACKUP hardware interface up',
        'host1 BACKUP->MASTER master timed out',
      ],
    );
  });

  it('without link keeps a vhid with ignoreLinkState MASTER', async () => {
    await using world = new World();
    const { vhids } = await world.pair({ ignoreLinkState: true });
    world.advance(5000);
    world.lan.cut('host1:eth0');
    world.advance(5000);
    assert.equal(vhids[0]!.state, 'MASTER');
  });
});

describe('a socket that breaks and cannot be opened again', () => {
  /** eth0 of a host with two MASTERs, whose sockets break from now on. */
  async function broken(world: World) {
    const host = await world.host();
    const ifp = host.kernel.get(IfnetModule).byName('eth0')!;
    const open = ifp.openIp.bind(ifp);
    let fail = (_error: IfnetError): void => {};
    const denied = new IfnetError('EPERM', 'eth0', 'no permission');
    ifp.openIp = (options) => {
      fail = options.error!;
      return open(options);
    };
    const vhids = [1, 2].map((vhid) => host.create({ vhid, addresses: [`10.88.0.10${vhid}/24`] }));
    world.advance(5000);
    ifp.openIp = () => {
      throw denied;
    };
    fail(denied);
    return { host, vhids, heal: () => void (ifp.openIp = open) };
  }

  it('demotes its vhids, since nobody hears them, until it is whole again', async () => {
    await using world = new World();
    const { host, vhids, heal } = await broken(world);
    const before = vhids.map(({ advskew }) => advskew);
    world.advance(4000);
    assert.deepEqual(
      vhids.map(({ advskew, demote }) => [advskew, demote]),
      [
        [240, 1],
        [240, 1],
      ],
    );
    assert.equal(host.kernel.sysctl.get('net.inet.carp.demotion')!.value, 0);
    heal();
    world.advance(10_000);
    assert.deepEqual(
      vhids.map(({ advskew }) => advskew),
      before,
    );
    assert.deepEqual(
      vhids.map(({ state }) => state),
      ['MASTER', 'MASTER'],
    );
  });

  it('keeps no vhid from being removed, and leaves nothing behind', async () => {
    await using world = new World();
    const { host, vhids } = await broken(world);
    host.carp.remove(vhids[0]!);
    assert.deepEqual(host.carp.list(), [vhids[1]]);
    await host.kernel.unload('carp');
    assert.deepEqual(host.addresses(), ['10.88.0.1/24']);
    assert.equal(world.clock.armed, 0);
  });
});

describe('an interface that its driver lets go of', () => {
  it('is left: the vhid goes to INIT and takes its addresses off', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.carp.create({ ifname: 'eth0', vhid: 1, password: 'x', addresses: ['10.88.0.100/24'] });
    world.advance(4000);
    assert.deepEqual([vhid.state, host.addresses()], ['MASTER', ['10.88.0.1/24', '10.88.0.100/24']]);
    const table = host.kernel.get(IfnetModule);
    const ifp = table.byName('eth0')!;
    table.release(ifp);
    assert.deepEqual([vhid.state, vhid.ifp], ['INIT', undefined]);
    assert.deepEqual(
      ifp.addresses.map(({ prefix }) => String(prefix)),
      ['10.88.0.1/24'],
    );
    world.advance(10_000);
    assert.equal(vhid.state, 'INIT');
  });
});

describe('an interface with several vhids that its driver lets go of', () => {
  it('is left by all of them before the host counts as demoted: none advertises that on it', async () => {
    await using world = new World();
    const host = await world.host();
    const vhids = [1, 2, 3].map((vhid) => host.create({ vhid, addresses: [`10.88.0.10${vhid}/24`] }));
    world.advance(4000);
    const before = world.seen.length;
    const table = host.kernel.get(IfnetModule);
    table.release(table.byName('eth0')!);
    assert.deepEqual(
      vhids.map(({ state }) => state),
      ['INIT', 'INIT', 'INIT'],
    );
    assert.equal(world.seen.length, before);
    assert.equal(host.carp.statistics.senderrors.value, 0);
  });
});

describe('unloading', () => {
  it('leaves nothing behind, however often', async () => {
    await using world = new World();
    const host = await world.host();
    const { kernel } = host;
    await kernel.unload('carp');
    const lists = () => kernel.eventhandler.lists().map(({ name, entries }) => `${name} ${entries.length}`);
    const before = { nodes: kernel.sysctl.list().length, lists: lists(), armed: world.clock.armed };
    for (let round = 0; round < 20; round++) {
      const carp = await kernel.load(CarpModule);
      for (let vhid = 1; vhid <= 5; vhid++) {
        carp.create({ ifname: 'eth0', vhid, password: 'x', addresses: [`10.88.1.${vhid}/24`] });
      }
      world.advance(5000);
      await kernel.unload('carp');
      world.advance(10_000);
    }
    assert.equal(kernel.sysctl.list().length, before.nodes);
    assert.equal(world.clock.armed, before.armed);
    assert.deepEqual(kernel.get(IfnetModule).byName('eth0')!.addresses.length, 1);
    assert.deepEqual(lists(), before.lists);
  });

  it('of a removed vhid a second time does nothing', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({});
    world.advance(5000);
    hosts[0]!.carp.remove(vhids[0]!);
    hosts[0]!.carp.remove(vhids[0]!);
    vhids[0]!.setState('MASTER');
    world.advance(10_000);
    assert.equal(vhids[0]!.state, 'INIT');
    assert.equal(hosts[0]!.carp.statistics.bowouts.value, 1);
  });
});

describe('a handler of carp_state_event', () => {
  it('may change the state again', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({}, { advskew: 10 });
    let once = true;
    hosts[0]!.kernel.eventhandler.register('carp_state_event', (vhid, { to }) => {
      if (to !== 'MASTER' || !once) return;
      once = false;
      vhid.setState('BACKUP');
    });
    world.advance(20_000);
    assert.equal(world.masters().length, 1);
    assert.deepEqual([vhids[0]!.state, vhids[1]!.state].toSorted(), ['BACKUP', 'MASTER']);
    const shared = hosts.map((host) => host.addresses().length);
    assert.deepEqual(
      shared.toSorted((a, b) => a - b),
      [1, 2],
    );
  });

  it('is told of a worse master that we stayed before, of its last word, and when it repeats that', async () => {
    await using world = new World();
    const { hosts } = await world.pair({}, { advskew: 100 });
    const told: string[] = [];
    hosts[0]!.kernel.eventhandler.register('carp_reassert_event', (vhid, peer) => {
      told.push(`${vhid.name} ${peer}`);
    });
    world.advance(5000);
    world.lan.partition(['host1:eth0']);
    world.advance(10_000);
    world.seen.length = 0;
    world.lan.heal();
    world.advance(1000);
    assert.deepEqual(told, ['1@eth0 10.88.0.2', '1@eth0 10.88.0.2']);
    world.advance(2000);
    assert.deepEqual(told, ['1@eth0 10.88.0.2', '1@eth0 10.88.0.2', '1@eth0 10.88.0.2']);
    const garps = world.seen.filter(({ kind, port }) => kind === 'garp' && port === 'host1:eth0');
    assert.equal(garps.length, 6);
  });
});
