/** What looks like a conflict and is none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatLladdr, type Ifnet, IfnetModule, parseLladdr } from '../../../modules/ifnet/index.js';
import { LanDriver } from '../../../modules/ifnet/lan/index.js';
import { arp, INTRUDER, na, ns } from './support/intruder.js';
import { eth0, type Guarded, Scene, SHARED4, SHARED6 } from './support/scene.js';

function assertQuiet(...hosts: readonly Guarded[]): void {
  for (const host of hosts) {
    const { conflicts, defended } = host.acd.statistics;
    assert.deepEqual([host.conflicts(), conflicts.value, defended.value, host.warnings()], [[], 0, 0, []]);
  }
}

describe('no conflict', () => {
  it('are own frames that come back, from whatever interface of this host', async () => {
    await using scene = new Scene();
    const master = await scene.master();
    const eth1 = master.host.kernel
      .get(LanDriver)
      .create({ name: 'eth1', addresses: [], lladdr: '02:00:00:00:11:11' });
    for (const lladdr of [eth0(master.host), eth1].map((ifp) => formatLladdr(ifp.lladdr)))
      scene.send(
        arp({ sender: SHARED4, lladdr }),
        na({ target: SHARED6, lladdr }),
        ns(SHARED6, '::', lladdr),
      );
    scene.world.advance(1000);
    assertQuiet(master);
    assert.equal(master.count('own'), 6);
    eth1.setLladdr(parseLladdr('02:00:00:00:11:12'));
    scene.send(arp({ sender: SHARED4, lladdr: '02:00:00:00:11:12' }));
    scene.world.advance(1000);
    assertQuiet(master);
  });

  it('are frames from the virtual link-layer address, which all peers serve from', async () => {
    await using scene = new Scene();
    const master = await scene.master({ virtualMac: 'service' });
    const lladdr = '00:00:5e:00:01:01';
    scene.send(arp({ sender: SHARED4, lladdr }), na({ target: SHARED6, lladdr }));
    scene.world.advance(1000);
    assertQuiet(master);
    assert.equal(master.count('own'), 2);
    // Also while the interface that has it is missing: it is made again at once, but not twice within a second.
    const virtual = (): Ifnet | undefined =>
      master.host.kernel
        .get(IfnetModule)
        .list()
        .find(({ kind }) => kind === 'macvlan');
    for (let i = 0; i < 2; i++) {
      virtual()!.destroy();
      scene.world.advance(5);
    }
    assert.equal(virtual(), undefined);
    scene.send(arp({ sender: SHARED4, lladdr }));
    scene.world.advance(1);
    assert.equal(master.count('own'), 3);
  });

  it('is an access point that answers for us with our own link-layer address', async () => {
    await using scene = new Scene();
    const master = await scene.master();
    const frame = arp({ sender: SHARED4, lladdr: formatLladdr(eth0(master.host).lladdr), reply: true });
    frame.set(parseLladdr('02:00:00:00:aa:aa'), 6);
    scene.send(frame);
    scene.world.advance(1000);
    assertQuiet(master);
  });

  it('are probes: the operating system answers them', async () => {
    await using scene = new Scene();
    const master = await scene.master();
    scene.send(arp({ sender: '0.0.0.0', target: SHARED4 }), ns(SHARED6));
    scene.world.advance(1000);
    assertQuiet(master);
    assert.equal(master.count('probes'), 2);
  });

  it('are ordinary questions, and what is said about other addresses', async () => {
    await using scene = new Scene();
    const master = await scene.master();
    scene.send(arp({ sender: '10.88.0.66', target: SHARED4 }), ns(SHARED6, 'fd00::66'));
    scene.send(arp({ sender: '10.88.0.66' }), na({ target: 'fd00::66' }));
    scene.send(arp({ sender: '10.88.0.1' }), na({ target: 'fd00::1' }));
    scene.world.advance(1000);
    assertQuiet(master);
    assert.equal(master.count('claims'), 0);
  });

  it('is a proxy: what overrides nothing is counted', async () => {
    await using scene = new Scene();
    const master = await scene.master();
    scene.send(na({ target: SHARED6, override: false }));
    scene.world.advance(1000);
    assertQuiet(master);
    assert.equal(master.count('proxied'), 1);
    assert.notEqual(scene.known(SHARED6), INTRUDER);
  });

  it('is a packet that receivers drop: a wrong checksum, another hop limit', async () => {
    await using scene = new Scene();
    const master = await scene.master();
    const [bent, routed] = [na({ target: SHARED6 }), na({ target: SHARED6 })];
    bent[57]! ^= 1;
    routed[21] = 254;
    scene.send(bent, routed, na({ target: SHARED6 }).subarray(0, 80));
    scene.world.advance(1000);
    assertQuiet(master);
    assert.equal(master.count('claims'), 0);
  });

  for (const early of [60, 5, 0, -5]) {
    it(`is a better MASTER that announces itself ${early} ms before its advertisement`, async () => {
      await using scene = new Scene();
      const hosts = [await scene.guarded({ advskew: 100 }), await scene.guarded({ advskew: 0 })] as const;
      const [worse, better] = hosts;
      worse.vhid.setState('MASTER');
      scene.world.advance(10_000);
      worse.vhid.setState('MASTER');
      better.vhid.configure({ preempt: false });
      scene.world.advance(10_000);
      if (better.vhid.state === 'MASTER') better.vhid.setState('BACKUP');
      scene.world.advance(10_000);
      const claimed = (): void => {
        const lladdr = formatLladdr(eth0(better.host).lladdr);
        scene.send(arp({ sender: SHARED4, lladdr }), na({ target: SHARED6, lladdr }));
      };
      assert.deepEqual([worse.vhid.state, better.vhid.state], ['MASTER', 'BACKUP']);
      if (early >= 0) claimed();
      scene.world.advance(Math.max(early, 0));
      better.vhid.setState('MASTER');
      scene.world.advance(Math.max(-early, 0));
      if (early < 0) claimed();
      scene.world.advance(5000);
      assert.deepEqual([worse.vhid.state, better.vhid.state], ['BACKUP', 'MASTER']);
      assertQuiet(...hosts);
    });
  }

  it('is a claim that is followed by the loss of the address within the grace', async () => {
    await using scene = new Scene();
    const master = await scene.master();
    scene.send(arp({ sender: SHARED4 }));
    scene.world.advance(50);
    master.vhid.setState('BACKUP');
    scene.world.advance(1000);
    assertQuiet(master);
    assert.equal(master.count('settled'), 1);
  });

  it('is a claim to an address that is off the interface when the grace is over', async () => {
    await using scene = new Scene();
    const master = await scene.master();
    const [prefix] = master.vhid.addresses;
    // It is put back at once, but not twice within a second.
    eth0(master.host).removeAddress(prefix!);
    scene.world.advance(10);
    assert.ok(eth0(master.host).hasAddress(prefix!.address));
    scene.send(arp({ sender: SHARED4 }));
    scene.world.advance(10);
    eth0(master.host).removeAddress(prefix!);
    scene.world.advance(150);
    assertQuiet(master);
    assert.equal(master.count('settled'), 1);
    scene.world.advance(2000);
    scene.send(arp({ sender: SHARED4 }));
    scene.world.advance(150);
    assert.equal(master.conflicts().length, 1, 'it is guarded again');
  });

  it('is anything about the addresses of a host that is not MASTER', async () => {
    await using scene = new Scene();
    const master = await scene.master();
    master.vhid.setState('INIT');
    for (let i = 0; i < 20; i++) {
      scene.send(arp({ sender: SHARED4 }), na({ target: SHARED6 }));
      scene.world.advance(10);
    }
    assertQuiet(master);
    assert.equal(master.count('claims'), 0);
  });

  for (const garpRefresh of [0, 100]) {
    it(`is a partition that heals: the worse MASTER yields (garpRefresh ${garpRefresh})`, async () => {
      await using scene = new Scene();
      const hosts = [
        await scene.guarded({ garpRefresh, advbase: 0, advskew: 20 }),
        await scene.guarded({ garpRefresh, advbase: 0, advskew: 25 }),
      ] as const;
      for (let round = 0; round < 20; round++) {
        scene.world.lan.partition([scene.world.lan.ports.find(({ name }) => name === 'host1:eth0')!]);
        scene.world.advance(5000 + 7 * round);
        assert.deepEqual(scene.world.masters(), ['host1', 'host2']);
        scene.world.lan.heal();
        scene.world.advance(2000);
        assert.deepEqual(scene.world.masters(), ['host1']);
      }
      assertQuiet(...hosts);
    });
  }

  it('are hand-overs and takeovers, one after the other', async () => {
    await using scene = new Scene();
    const hosts = [await scene.guarded(), await scene.guarded({ advskew: 50 })] as const;
    scene.world.advance(10_000);
    for (let i = 0; i < 20; i++) {
      for (const { vhid } of hosts) if (vhid.state === 'MASTER') vhid.setState('BACKUP');
      scene.world.advance(2500);
    }
    assertQuiet(...hosts);
    assert.ok(scene.world.transitions.length > 40);
  });
});
