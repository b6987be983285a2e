import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SHARED, World } from './support/world.js';

describe('a failover', () => {
  it('goes to the host that starts first, and the second stays BACKUP', async () => {
    await using world = new World();
    const first = await world.host();
    first.create();
    world.advance(1000);
    const second = await world.host();
    second.create();
    world.advance(20_000);
    assert.deepEqual(world.history(), [
      '0 host1 INIT->BACKUP initialization complete',
      '1000 host2 INIT->BACKUP initialization complete',
      '3000 host1 BACKUP->MASTER master timed out',
    ]);
    assert.deepEqual(first.addresses(), ['10.88.0.1/24', SHARED]);
    assert.deepEqual(second.addresses(), ['10.88.0.2/24']);
  });

  it('happens 3 × advbase + advskew/256 s after the last advertisement heard', async () => {
    await using world = new World();
    const { hosts } = await world.pair({}, { advskew: 100 });
    world.advance(10_000);
    assert.deepEqual(world.masters(), ['host1']);
    world.history();
    const last = world.seen.filter(({ kind }) => kind === 'carp4').at(-1)!.time;
    world.lan.cut('host1:eth0');
    world.seen.length = 0;
    world.advance(5000);
    assert.deepEqual(
      world.history().filter((line) => line.includes('host2')),
      [`${Math.round(last + 0.5 + 3390.625)} host2 BACKUP->MASTER master timed out`],
    );
    assert.deepEqual(hosts[0]!.addresses(), ['10.88.0.1/24']);
    assert.deepEqual(hosts[1]!.addresses(), ['10.88.0.2/24', SHARED]);
    const [advert, garp] = world.seen;
    assert.equal(advert!.kind, 'carp4');
    assert.equal(garp!.kind, 'garp');
    assert.equal(garp!.time, advert!.time);
    assert.deepEqual([...garp!.payload.subarray(14, 18)], [10, 88, 0, 100]);
  });

  it('hands over at once on a graceful stop', async () => {
    await using world = new World();
    const { hosts } = await world.pair({}, { advskew: 100 });
    world.advance(10_000);
    world.history();
    hosts[0]!.log.length = 0;
    await hosts[0]!.kernel.unload('carp');
    const told = hosts[0]!.log.map(({ message }) => message).filter((text) => text.includes('->'));
    assert.deepEqual(told, [
      '1@eth0: MASTER -> BACKUP (shutting down)',
      '1@eth0: BACKUP -> INIT (shutting down)',
    ]);
    const stopped = world.clock.now();
    await world.clock.advance(5);
    assert.deepEqual(world.history(), [
      `${stopped} host1 MASTER->BACKUP shutting down`,
      `${stopped} host1 BACKUP->INIT shutting down`,
      `${Math.round(stopped + 0.5)} host2 BACKUP->MASTER master will time out`,
    ]);
    assert.deepEqual(hosts[0]!.addresses(), ['10.88.0.1/24']);
    assert.deepEqual(hosts[1]!.addresses(), ['10.88.0.2/24', SHARED]);
  });

  it('is noticed by carrier: the cut host goes to INIT, and back when mended', async () => {
    await using world = new World();
    await world.pair({}, { advskew: 100 });
    world.advance(10_000);
    world.history();
    world.lan.cut('host1:eth0');
    world.advance(10_000);
    world.lan.mend('host1:eth0');
    world.advance(10_000);
    const reasons = world.history().map((line) => line.replace(/^\d+ /, ''));
    assert.deepEqual(reasons, [
      'host1 MASTER->INIT hardware interface down',
      'host2 BACKUP->MASTER master timed out',
      'host1 INIT->BACKUP hardware interface up',
    ]);
    assert.deepEqual(world.masters(), ['host2']);
  });

  it('goes back to the better host with preempt, and only then', async () => {
    for (const preempt of [false, true]) {
      await using world = new World();
      await world.pair({ preempt }, { advskew: 100 });
      world.advance(10_000);
      world.lan.cut('host1:eth0');
      world.advance(10_000);
      world.lan.mend('host1:eth0');
      world.history();
      world.advance(10_000);
      assert.deepEqual(world.masters(), [preempt ? 'host1' : 'host2']);
      const reasons = world.history().map((line) => line.replace(/^\d+ /, ''));
      assert.deepEqual(
        reasons,
        preempt
          ? [
              'host1 BACKUP->MASTER preempting a slower master',
              'host2 MASTER->BACKUP more frequent advertisement received',
            ]
          : [],
      );
    }
  });

  it('ends with one MASTER after a partition, whoever was where', async () => {
    await using world = new World();
    await world.pair({}, { advskew: 100 }, { advskew: 200 });
    world.advance(10_000);
    world.lan.partition(['host1:eth0'], ['host2:eth0', 'host3:eth0']);
    world.advance(10_000);
    assert.deepEqual(world.masters(), ['host1', 'host2']);
    world.lan.heal();
    world.advance(2000);
    assert.deepEqual(world.masters(), ['host1']);
  });

  it('ends with the same of two equals after every partition of a long term', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      await using world = new World(seed, { latencyMs: 0.2, jitterMs: 3 });
      await world.pair({}, {});
      world.advance(10_000);
      for (let partition = 1; partition <= 6; partition++) {
        world.lan.partition(['host1:eth0'], ['host2:eth0']);
        world.advance(60_000);
        world.lan.heal();
        world.advance(6000);
        assert.deepEqual(world.masters(), ['host1'], `seed ${seed}, partition ${partition}`);
      }
    }
  });

  it('of a rival that was MASTER while we were in INIT makes it no rival', async () => {
    await using world = new World();
    const { vhids } = await world.pair({}, {});
    world.advance(10_000);
    world.lan.partition(['host1:eth0'], ['host2:eth0']);
    world.advance(10_000);
    world.lan.heal();
    world.advance(2000);
    assert.deepEqual([vhids[0]!.state, vhids[1]!.state], ['MASTER', 'BACKUP']);
    vhids[1]!.setState('INIT');
    world.advance(600_000);
    world.lan.partition(['host1:eth0'], ['host2:eth0']);
    vhids[1]!.setState('BACKUP');
    world.advance(10_000);
    world.lan.heal();
    // A rival would be ignored for three intervals more.
    world.advance(2500);
    assert.deepEqual(world.masters(), ['host1']);
  });

  it('waits no longer than the settings say, though it yielded under others', async () => {
    await using world = new World();
    const { vhids } = await world.pair({ advbase: 60 }, { advbase: 60 });
    world.advance(400_000);
    world.lan.partition(['host1:eth0'], ['host2:eth0']);
    world.advance(400_000);
    world.lan.heal();
    world.advance(120_000);
    assert.deepEqual(world.masters(), ['host1']);
    for (const vhid of vhids) vhid.configure({ advbase: 1 });
    world.advance(61_000);
    world.lan.cut('host1:eth0');
    world.advance(4000);
    assert.deepEqual(world.masters(), ['host2']);
  });

  it('does not happen between hosts with different passwords, which say why', async () => {
    await using world = new World();
    const { hosts } = await world.pair({}, { password: 'other' });
    world.advance(60_000);
    assert.deepEqual(world.masters(), ['host1', 'host2']);
    const warnings = hosts[0]!.log.filter(({ level }) => level === 'warning').map(({ message }) => message);
    assert.ok(warnings.length >= 1 && warnings.length <= 2, String(warnings));
    assert.match(warnings[0]!, /10\.88\.0\.2 refused: its digest is wrong: password, vhid/);
    assert.ok(hosts[0]!.carp.statistics.badauth.value > 50);
  });

  it('announces a second time with the second advertisement after taking over', async () => {
    await using world = new World();
    await world.pair({});
    world.advance(10_000);
    const garps = world.seen.filter(({ kind }) => kind === 'garp').map(({ time }) => time);
    assert.deepEqual(garps, [3000, 5000]);
    const adverts = world.seen.filter(({ kind }) => kind === 'carp4').map(({ time }) => time);
    assert.deepEqual(adverts.slice(0, 4), [3000, 4000, 5000, 6000]);
  });
});
