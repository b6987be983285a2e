/** Another host claims an address of a MASTER: noticed, reported and answered, within bounds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AcdModule } from '../../../modules/acd/index.js';
import { formatLladdr, InetPrefix } from '../../../modules/ifnet/index.js';
import { LanDriver } from '../../../modules/ifnet/lan/index.js';
import { arp, INTRUDER, na, ns } from './support/intruder.js';
import { eth0, Scene, SHARED4, SHARED6 } from './support/scene.js';

const CLAIMS: readonly [what: string, address: string, frame: Uint8Array][] = [
  ['a gratuitous ARP request', SHARED4, arp({ sender: SHARED4 })],
  ['a gratuitous ARP reply', SHARED4, arp({ sender: SHARED4, reply: true })],
  ['an ARP request for another host', SHARED4, arp({ sender: SHARED4, target: '10.88.0.9' })],
  ['a neighbour advertisement', SHARED6, na({ target: SHARED6 })],
  ['a neighbour solicitation sent from it', SHARED6, ns('fd00::1', SHARED6)],
];

describe('an address of a MASTER, claimed by another host', () => {
  for (const [what, address, frame] of CLAIMS) {
    it(`in ${what}, is reported once the grace is over`, async () => {
      await using scene = new Scene();
      const master = await scene.master();
      scene.send(frame);
      scene.world.advance(90);
      assert.deepEqual([master.conflicts(), master.count('claims')], [[], 1]);
      scene.world.advance(20);
      assert.deepEqual(master.conflicts(), [`10121 ${address} is used by ${INTRUDER}`]);
      assert.deepEqual(master.warnings(), [
        `${INTRUDER} is using our address ${address} on eth0; find that host`,
      ]);
    });
  }

  for (const [address, frame, kind] of [
    [SHARED4, arp({ sender: SHARED4 }), 'garp'],
    [SHARED6, na({ target: SHARED6 }), 'na'],
  ] as const) {
    it(`is announced again, and the client's cache is right: ${address}`, async () => {
      await using scene = new Scene();
      const master = await scene.master();
      const right = formatLladdr(eth0(master.host).lladdr);
      assert.equal(scene.known(address), right);
      scene.send(frame);
      scene.world.advance(10);
      assert.equal(scene.known(address), INTRUDER, 'the attack works');
      scene.world.advance(110);
      assert.equal(scene.known(address), right);
      assert.deepEqual(scene.announcements(), [`10121 ${kind}`]);
      assert.equal(master.count('defended'), 1);
    });
  }

  it('is announced from the virtual link-layer address where that serves it', async () => {
    await using scene = new Scene();
    await scene.master({ virtualMac: 'service' });
    scene.send(arp({ sender: SHARED4 }), na({ target: SHARED6 }));
    scene.world.advance(200);
    for (const address of [SHARED4, SHARED6]) assert.equal(scene.known(address), '00:00:5e:00:01:01');
  });

  it('by a host that has it and uses it, is answered every ten seconds, and no oftener', async () => {
    await using scene = new Scene();
    const master = await scene.master();
    for (let i = 0; i < 350; i++) {
      scene.send(arp({ sender: SHARED4 }));
      scene.world.advance(100);
    }
    assert.deepEqual(scene.announcements(), ['10121 garp', '20121 garp', '30121 garp', '40121 garp']);
    assert.equal(master.conflicts().length, 4);
    assert.equal(master.count('claims'), 350);
    assert.equal(master.warnings().length, 1, 'one line a minute');
  });

  it('twice within ten seconds, is right in the caches when these are over', async () => {
    await using scene = new Scene();
    const master = await scene.master();
    scene.send(arp({ sender: SHARED4 }));
    scene.world.advance(5000);
    scene.send(arp({ sender: SHARED4 }));
    scene.world.advance(5000);
    assert.equal(scene.known(SHARED4), INTRUDER);
    scene.world.advance(500);
    assert.equal(scene.known(SHARED4), formatLladdr(eth0(master.host).lladdr));
    scene.world.advance(60_000);
    assert.equal(master.count('defended'), 2);
  });

  it('by a thousand invented hosts, costs as little, and no memory', async () => {
    await using scene = new Scene();
    const master = await scene.master();
    for (let i = 0; i < 1000; i++) {
      const lladdr = `02:00:66:00:${(i >> 8).toString(16)}:${(i & 255).toString(16)}`;
      scene.send(arp({ sender: SHARED4, lladdr }), na({ target: SHARED6, lladdr }));
      scene.world.advance(1);
    }
    scene.world.advance(9500);
    assert.equal(master.count('claims'), 2000);
    assert.equal(master.conflicts().length, 4, 'two for each address: at the begin and ten seconds later');
    assert.equal(master.warnings().length, 2);
  });

  it('where only reports are wanted, is not announced', async () => {
    await using scene = new Scene();
    const master = await scene.master({}, { conflicts: 'report' });
    scene.send(arp({ sender: SHARED4 }));
    scene.world.advance(200);
    assert.deepEqual([master.conflicts().length, master.count('defended')], [1, 0]);
    assert.deepEqual(scene.announcements(), []);
  });

  it('where it is switched off, is not looked for, until it is switched on', async () => {
    await using scene = new Scene();
    const master = await scene.master({}, { conflicts: 'off' });
    scene.send(arp({ sender: SHARED4 }));
    scene.world.advance(200);
    assert.equal(master.count('claims'), 0);
    master.acd.reconfigure({ conflicts: 'defend', grace: 50 });
    scene.world.advance(100);
    scene.send(arp({ sender: SHARED4 }));
    scene.world.advance(60);
    assert.deepEqual(master.conflicts().length, 1);
    master.host.kernel.sysctl.set('net.inet.acd.conflicts', 'off');
    scene.world.advance(100);
    scene.send(arp({ sender: SHARED4 }));
    assert.equal(master.count('claims'), 1);
  });

  it('is announced no more when a handler of the event has given it away', async () => {
    await using scene = new Scene();
    const master = await scene.master();
    master.host.kernel.eventhandler.register('address_conflict_event', () => master.vhid.setState('INIT'));
    scene.send(arp({ sender: SHARED4 }));
    scene.world.advance(200);
    assert.equal(master.count('conflicts'), 1);
    assert.deepEqual(scene.announcements(), []);
  });

  it('is guarded from the moment that the module is loaded, and that the vhid has it', async () => {
    await using scene = new Scene();
    const master = await scene.master();
    await master.host.kernel.unload('acd');
    scene.send(arp({ sender: SHARED4 }));
    scene.world.advance(200);
    assert.deepEqual(master.conflicts(), []);
    const acd = await master.host.kernel.load(AcdModule);
    scene.world.advance(100);
    master.vhid.configure({ addresses: [`${SHARED4}/24`, '10.88.0.101/24'] });
    scene.world.advance(100);
    scene.send(arp({ sender: SHARED4 }), arp({ sender: '10.88.0.101' }), na({ target: SHARED6 }));
    scene.world.advance(200);
    assert.equal(master.conflicts().length, 2);
    assert.equal(acd.statistics.conflicts.value, 2);
  });

  it('that scripts manage is announced again wherever it is', async () => {
    await using scene = new Scene();
    const master = await scene.master({ manageAddresses: false });
    scene.send(arp({ sender: SHARED4 }));
    scene.world.advance(200);
    assert.deepEqual(scene.announcements(), ['10121 garp']);
    assert.equal(master.count('defended'), 1);
  });

  it('is guarded again on an interface that has come back', async () => {
    await using scene = new Scene();
    const master = await scene.master();
    eth0(master.host).destroy();
    scene.world.advance(1000);
    const driver = master.host.kernel.get(LanDriver);
    driver.create({ name: 'eth0', addresses: ['10.88.0.1/24', 'fd00::1/64'] });
    scene.world.advance(10_000);
    assert.equal(master.vhid.state, 'MASTER');
    scene.send(arp({ sender: SHARED4 }));
    scene.world.advance(200);
    assert.equal(master.conflicts().length, 1);
    assert.ok(
      eth0(master.host).addresses.some(({ prefix }) => prefix.equals(InetPrefix.parse(`${SHARED4}/24`))),
    );
  });
});
