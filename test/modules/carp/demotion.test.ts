import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { demoteByte, demotedSkew } from '../../../modules/carp/demotion/demotion.js';
import type { CarpVhid } from '../../../modules/carp/index.js';
import { IfnetModule } from '../../../modules/ifnet/index.js';
import { LanDriver } from '../../../modules/ifnet/lan/index.js';
import { softcOf } from './support/softc.js';
import { World } from './support/world.js';

describe('demotion', () => {
  it("is FreeBSD's arithmetic", () => {
    assert.equal(demotedSkew(100, 0), 100);
    assert.equal(demotedSkew(100, 50), 150);
    assert.equal(demotedSkew(100, 240), 240);
    assert.equal(demotedSkew(100, 2880), 240);
    assert.equal(demotedSkew(100, -240), 0);
    assert.equal(demotedSkew(254, 0), 254);
    assert.equal(demotedSkew(254, 10), 254);
  });

  it("weighs one step of OpenBSD's counter as 240", () => {
    assert.deepEqual([-5, 0, 1, 240, 241].map(demoteByte), [0, 0, 1, 1, 2]);
    assert.equal(demoteByte(240 * 300), 255);
  });

  it('by sysctl: a sum that could not be added to any more is refused', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({});
    const { sysctl } = hosts[0]!.kernel;
    for (const written of [Number.MAX_SAFE_INTEGER, -1_000_001]) {
      assert.throws(
        () => sysctl.set('net.inet.carp.demotion', written),
        /demotion: 0 plus .* is beyond the limit of 1000000/,
      );
    }
    sysctl.set('net.inet.carp.demotion', 1_000_000);
    vhids[0]!.ifp!.setUp(false);
    vhids[0]!.ifp!.setUp(true);
    assert.equal(sysctl.get('net.inet.carp.demotion')!.value, 1_000_000);
  });

  it('by sysctl: writing adds, every MASTER says so at once, the peer takes over', async () => {
    await using world = new World();
    const { hosts } = await world.pair({}, { advskew: 50 });
    world.advance(10_300);
    world.seen.length = 0;
    hosts[0]!.kernel.sysctl.set('net.inet.carp.demotion', '240');
    world.advance(2);
    assert.deepEqual(world.masters(), ['host2']);
    const advert = world.seen[0]!;
    assert.deepEqual([advert.time, advert.payload[2], advert.payload[4]], [10_300, 240, 1]);
    hosts[0]!.kernel.sysctl.set('net.inet.carp.demotion', '-240');
    assert.equal(hosts[0]!.kernel.sysctl.get('net.inet.carp.demotion')!.value, 0);
    assert.ok(hosts[0]!.log.some(({ message }) => message === 'demoted by 240 to 240 (sysctl)'));
  });

  it('against BSD peers it is in advskew only, and needs their preempt', async () => {
    for (const preempt of [false, true]) {
      await using world = new World();
      const { hosts } = await world.pair({ election: 'bsd' }, { election: 'bsd', advskew: 50, preempt });
      world.advance(10_000);
      hosts[0]!.carp.demote(240, 'test');
      world.advance(2000);
      assert.deepEqual(world.masters(), [preempt ? 'host2' : 'host1']);
      assert.equal(world.seen.filter(({ kind }) => kind === 'carp4').at(-1)!.payload[4], 0);
    }
  });

  it('of a group goes out as a byte and counts before timers', async () => {
    await using world = new World();
    const { hosts } = await world.pair(
      { election: 'openbsd', groups: ['carp', 'web'] },
      { election: 'openbsd', advskew: 50 },
    );
    world.advance(10_000);
    hosts[0]!.carp.demotion.adjustGroup('web', 2);
    hosts[0]!.carp.demotion.adjustGroup('carp', 1);
    world.advance(10);
    assert.deepEqual(world.masters(), ['host2']);
    assert.equal(hosts[0]!.carp.list()[0]!.demote, 3);
    assert.equal(hosts[0]!.carp.list()[0]!.advskew, 0);
    hosts[0]!.carp.demotion.adjustGroup('web', -5);
    assert.equal(hosts[0]!.carp.demotion.group('web'), 0);
  });

  it('while an interface is down: once per vhid, taken back when it is up, or when the vhid goes', async () => {
    await using world = new World();
    const host = await world.host();
    host.kernel.get(LanDriver).create({ name: 'eth1', addresses: ['10.77.0.1/24'] });
    const here = host.create();
    const there = host.create({ ifname: 'eth1', vhid: 2, addresses: ['10.77.0.100/24'] });
    host.create({ ifname: 'eth1', vhid: 3, addresses: ['10.77.0.101/24'] });
    const demotion = host.carp.tunables.demotion;
    world.advance(5000);
    const eth1 = host.kernel.get(IfnetModule).byName('eth1')!;
    eth1.setUp(false);
    assert.equal(demotion.value, 480);
    assert.equal(here.advskew, 240);
    assert.equal(here.state, 'MASTER');
    host.carp.remove(there);
    assert.equal(demotion.value, 240);
    eth1.setUp(true);
    assert.equal(demotion.value, 0);
  });

  it('after three failures to send, until three succeed', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create({ ignoreLinkState: true });
    world.advance(3500);
    assert.equal(vhid.state, 'MASTER');
    const socket = softcOf(vhid).carpIf!.socket(4, 'group')!;
    const send = socket.send.bind(socket);
    const { IfnetError } = await import('../../../modules/ifnet/index.js');
    socket.send = () => {
      throw new IfnetError('ENOBUFS', 'eth0', 'no room');
    };
    world.advance(2000);
    assert.equal(vhid.advskew, 0);
    world.advance(3000);
    assert.equal(vhid.advskew, 240);
    assert.equal(vhid.state, 'MASTER');
    assert.ok(host.carp.statistics.onomem.value >= 3);
    socket.send = send;
    world.advance(10_000);
    assert.equal(vhid.advskew, 0);
    const lines = host.log.map(({ message }) => message);
    const line = '1@eth0: demoted by 240: cannot send advertisements over IPv4 (ENOBUFS)';
    assert.ok(lines.includes(line), lines.join('\n'));
  });
});

describe('a failover group', () => {
  it('fails over together when one link goes, and comes back together', async () => {
    await using world = new World();
    const hosts = [await world.host(), await world.host()];
    for (const [i, host] of hosts.entries()) {
      host.kernel.get(LanDriver).create({ name: 'eth1', addresses: [`10.77.0.${i + 1}/24`] });
      const common = { advskew: i * 100, failoverGroup: 'firewall', preempt: true };
      host.create({ ...common, vhid: 1 });
      host.create({ ...common, vhid: 2, ifname: 'eth1', addresses: ['10.77.0.100/24'] });
    }
    const states = () =>
      hosts.map((host) =>
        host.carp
          .list()
          .map((vhid) => vhid.state)
          .join(),
      );
    world.advance(10_000);
    assert.deepEqual(states(), ['MASTER,MASTER', 'BACKUP,BACKUP']);
    world.lan.cut('host1:eth1');
    world.advance(5);
    // The other link is handed over at once, by a bow-out; the cut one is silent, and could still be lossy: it follows
    // when its master has timed out.
    assert.deepEqual(states(), ['BACKUP,INIT', 'MASTER,BACKUP']);
    world.advance(10_000);
    assert.deepEqual(states(), ['BACKUP,INIT', 'MASTER,MASTER']);
    world.lan.mend('host1:eth1');
    world.advance(10_000);
    assert.deepEqual(states(), ['MASTER,MASTER', 'BACKUP,BACKUP']);
  });

  it('serves with what is left when nobody else is there', async () => {
    await using world = new World();
    const host = await world.host();
    host.kernel.get(LanDriver).create({ name: 'eth1', addresses: ['10.77.0.1/24'] });
    const common = { failoverGroup: 'firewall' };
    const first = host.create({ ...common, vhid: 1 });
    const second = host.create({ ...common, vhid: 2, ifname: 'eth1', addresses: ['10.77.0.100/24'] });
    world.advance(5000);
    assert.deepEqual([first.state, second.state], ['MASTER', 'MASTER']);
    world.lan.cut('host1:eth1');
    world.advance(5000);
    assert.deepEqual([first.state, second.state], ['MASTER', 'INIT']);
  });

  it('follows what came of a change of state that a handler took back', async () => {
    await using world = new World();
    const host = await world.host();
    const [one, two] = [1, 2].map((vhid) =>
      host.create({ vhid, addresses: [`10.88.0.10${vhid}/24`], advskew: vhid * 100, failoverGroup: 'g' }),
    ) as [CarpVhid, CarpVhid];
    host.kernel.eventhandler.register('carp_state_event', (vhid, { to }) => {
      if (vhid === one && to === 'MASTER') one.setState('BACKUP');
    });
    world.advance(3500);
    assert.equal(world.history().at(-1), '3391 host1 MASTER->BACKUP user requested via ifconfig');
    assert.deepEqual([one.state, two.state], ['BACKUP', 'BACKUP']);
  });

  it('follows a MASTER that a handler stops when it steps down', async () => {
    await using world = new World();
    const host = await world.host();
    const [one, two] = [1, 2].map((vhid) =>
      host.create({ vhid, addresses: [`10.88.0.10${vhid}/24`], failoverGroup: 'g' }),
    ) as [CarpVhid, CarpVhid];
    host.kernel.eventhandler.register('carp_state_event', (vhid, { from }) => {
      if (vhid === one && from === 'MASTER') one.setState('INIT');
    });
    world.advance(5000);
    one.setState('BACKUP');
    assert.deepEqual([one.state, two.state], ['INIT', 'BACKUP']);
  });
});
