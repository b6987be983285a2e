/** A MASTER whose interface is gone for a moment, less than any peer waits, is MASTER when it is back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LinkBlip } from '../../../modules/carp/election/blip.js';
import { World } from './support/world.js';

const IN_TIME = 'hardware interface back in time';

it('of several vhids on an interface none comes back as MASTER when a peer has taken over', async () => {
  await using world = new World();
  const [first, second] = [await world.host(), await world.host()];
  const create = (host: typeof first, advskew: number) =>
    [1, 2, 3].map((vhid) => host.create({ vhid, advskew, addresses: [`10.88.0.${100 + vhid}/24`] }));
  create(first, 0);
  world.advance(5000);
  create(second, 0);
  // The peer waits for 3 s from the last advertisement, which left 0.9 s before the cable is cut.
  world.advance(5000 - (world.clock.now() % 1000) + 900);
  world.history();
  world.lan.cut('host1:eth0');
  world.advance(2500);
  assert.deepEqual(world.masters(), ['host2', 'host2', 'host2']);
  world.lan.mend('host1:eth0');
  assert.deepEqual(world.masters(), ['host2', 'host2', 'host2']);
});

describe('a cable that is out for half a second', () => {
  it('costs half a second with several vhids on it: the first to come back does not call the host demoted', async () => {
    await using world = new World();
    const [first, second] = [await world.host(), await world.host()];
    const create = (host: typeof first, advskew: number) =>
      [1, 2, 3].map((vhid) => host.create({ vhid, advskew, addresses: [`10.88.0.${100 + vhid}/24`] }));
    const vhids = create(first, 0);
    world.advance(5000);
    create(second, 100);
    world.advance(5000);
    world.history();
    world.lan.cut('host1:eth0');
    world.advance(500);
    world.lan.mend('host1:eth0');
    assert.ok(vhids.every(({ state, demotions }) => state === 'MASTER' && demotions.length === 0));
    world.advance(10_000);
    assert.deepEqual(
      world.history().filter((line) => line.includes('host2')),
      [],
    );
  });

  for (const preempt of [false, true]) {
    for (const [own, peer] of [
      [0, 100],
      [50, 50],
      // Without preemption it may be the worse one that is MASTER.
      ...(preempt ? [] : [[100, 0]]),
    ] as [number, number][]) {
      it(`costs half a second: advskew ${own} and ${peer}, preempt ${preempt}`, async () => {
        await using world = new World();
        const [first, second] = [await world.host(), await world.host()];
        const vhid = first.create({ advskew: own, preempt });
        world.advance(5000);
        second.create({ advskew: peer, preempt });
        world.advance(5000);
        assert.deepEqual(world.masters(), ['host1']);
        world.history();
        world.seen.length = 0;
        world.lan.cut('host1:eth0');
        world.advance(500);
        world.lan.mend('host1:eth0');
        assert.equal(vhid.state, 'MASTER');
        assert.ok(first.addresses().includes('10.88.0.100/24'));
        assert.deepEqual(
          world.seen.filter(({ port }) => port === 'host1:eth0').map(({ kind }) => kind),
          ['carp4', 'garp'],
        );
        world.advance(10_000);
        assert.deepEqual(
          world.history().map((line) => line.split(' ').slice(1).join(' ')),
          [
            'host1 MASTER->INIT hardware interface down',
            'host1 INIT->BACKUP hardware interface up',
            `host1 BACKUP->MASTER ${IN_TIME}`,
          ],
        );
      });
    }
  }
});

describe('an interface that is back', () => {
  it('after a peer may have taken over finds out first', async () => {
    await using world = new World();
    const { vhids } = await world.pair({}, { advskew: 1, advbase: 1 });
    world.advance(5000);
    world.lan.cut('host1:eth0');
    // The last advertisement left at 5000: a peer with advskew 0 would take over at 8000.
    world.advance(3000);
    world.lan.mend('host1:eth0');
    assert.equal(vhids[0]!.state, 'BACKUP');
    world.advance(10);
    assert.deepEqual(world.masters(), ['host2']);
  });

  it('and goes again soon listens then: its host is not to keep a better one from taking over', async () => {
    await using world = new World();
    const { vhids } = await world.pair({}, { advskew: 100 });
    world.advance(5000);
    const blip = (): string => {
      world.lan.cut('host1:eth0');
      world.advance(500);
      world.lan.mend('host1:eth0');
      return vhids[0]!.state;
    };
    assert.equal(blip(), 'MASTER');
    world.advance(2000);
    assert.equal(blip(), 'BACKUP');
  });

  it('three seconds later has been quiet for long enough', async () => {
    await using world = new World();
    const { vhids } = await world.pair({}, { advskew: 100 });
    world.advance(5000);
    for (let i = 0; i < 5; i++) {
      world.lan.cut('host1:eth0');
      world.advance(500);
      world.lan.mend('host1:eth0');
      assert.equal(vhids[0]!.state, 'MASTER');
      world.advance(3000);
    }
    assert.equal(world.hosts[1]!.carp.statistics.preempt.value, 0);
  });

  it('counts what was sent last: where nobody hears it, that it was set down matters, not why', async () => {
    await using world = new World();
    const { vhids } = await world.pair({}, { advskew: 100 });
    world.advance(5000);
    const ifp = vhids[0]!.ifp!;
    ifp.setUp(false);
    world.advance(500);
    ifp.setUp(true);
    assert.equal(vhids[0]!.state, 'MASTER');
  });

  it('is nothing to a vhid that was told to leave MASTER', async () => {
    await using world = new World();
    const { vhids } = await world.pair({});
    world.advance(5000);
    world.lan.cut('host1:eth0');
    vhids[0]!.setState('INIT');
    world.advance(100);
    world.lan.mend('host1:eth0');
    assert.equal(vhids[0]!.state, 'INIT');
    vhids[0]!.setState('BACKUP');
    assert.equal(vhids[0]!.state, 'BACKUP');
  });

  it('leaves a failover group where it went', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({ failoverGroup: 'g' }, { failoverGroup: 'g' });
    hosts.map((host) => host.create({ vhid: 2, addresses: ['10.88.0.101/24'], failoverGroup: 'g' }));
    world.advance(5000);
    world.lan.cut('host1:eth0');
    world.advance(500);
    world.lan.mend('host1:eth0');
    assert.equal(vhids[0]!.state, 'BACKUP');
  });
});

describe('how long all peers wait', () => {
  const lost = (advbase: number, interval: number, deadRatio = 3): LinkBlip => {
    const blip = new LinkBlip();
    blip.lost(1500, { lastSent: 1000, interval, advbase, deadRatio }, 3000);
    return blip;
  };

  it('is advbase times the dead ratio, since our last advertisement', () => {
    assert.ok(lost(1, 1900).back(3999));
    assert.ok(!lost(1, 1900).back(4000));
    assert.ok(lost(2, 2000, 4).back(8999));
  });

  it('is one of our intervals at least, whatever they are set to', () => {
    assert.ok(lost(1, 1900, 1).back(2899));
    assert.ok(!lost(1, 1900, 1).back(2900));
    assert.ok(lost(0, 400).back(1399));
    assert.ok(!lost(0, 400).back(1400));
  });

  it('is counted on by a successor, which remembers a return too', () => {
    const heirOf = (old: LinkBlip): LinkBlip => {
      const heir = new LinkBlip();
      heir.adopt(old.capture());
      return heir;
    };
    assert.ok(heirOf(lost(1, 1900)).back(3999));
    assert.ok(!heirOf(lost(1, 1900)).back(4000));
    const returned = lost(1, 1900);
    returned.back(2000);
    const flapping = heirOf(returned);
    flapping.lost(4999, { lastSent: 4900, interval: 1000, advbase: 1, deadRatio: 3 }, 3000);
    assert.ok(!flapping.back(5000));
  });

  it('goes on while the machine sleeps, and so does the time since it was back', () => {
    const slept = lost(1, 1900);
    slept.slept(1000);
    assert.ok(!slept.back(3000));
    const returned = lost(1, 1900);
    assert.ok(returned.back(2000));
    returned.slept(1000);
    returned.lost(4000, { lastSent: 3900, interval: 1000, advbase: 1, deadRatio: 3 }, 3000);
    assert.ok(returned.back(4100), 'it does not flap');
  });

  it('does not depend on a return that came too late', () => {
    const blip = lost(1, 1900);
    assert.ok(!blip.back(4000));
    blip.lost(6000, { lastSent: 5900, interval: 1000, advbase: 1, deadRatio: 3 }, 3000);
    assert.ok(blip.back(6100));
  });

  it('counts once', () => {
    const blip = lost(1, 1000);
    assert.ok(blip.back(2000));
    assert.ok(!blip.back(2001));
    const told = lost(1, 1000);
    told.forget();
    assert.ok(!told.back(2000));
  });
});
