/** A host that is suspended, and told so (power_resume) up to a second after it woke up: what it says and hears in between. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VrrpRouterOptions } from '../../../modules/vrrp/index.js';
import { SleepingClock } from '../../support/sleeping-clock.js';
import { Bench, type Given } from './support/machine.js';
import { World } from './support/world.js';

const MINUTE = 60_000;
const SLEEPER = 'host1:eth0';
const OTHER = 'host2:eth0';

/** Two hosts, of which the first one, which is MASTER, has slept for a minute and been succeeded. */
async function woken(world: World, options: Partial<VrrpRouterOptions>) {
  const clock = new SleepingClock(world.clock);
  const [host, peer] = [await world.host({}, {}, { clock }), await world.host()];
  const own = host.create({ priority: 150, ...options });
  const other = peer.create(options);
  world.advance(10_000);
  assert.deepEqual(world.masters(), ['host1']);
  world.lan.partition([SLEEPER], [OTHER]);
  clock.suspend();
  world.advance(MINUTE);
  world.lan.heal();
  assert.deepEqual(world.masters(), ['host1', 'host2']);
  const slept = clock.resume();
  world.history.length = 0;
  return { own, other, tell: () => host.kernel.eventhandler.invoke('power_resume', slept) };
}

describe('a MASTER that slept', () => {
  for (const version of [3, 2] as const)
    for (const virtualMac of [true, false])
      for (const interval of version === 2 ? [1000] : [1000, 100])
        it(`and whose successor has given way, ${virtualMac ? 'in silence' : 'with a word'}, before it is told, does not step down for nobody: version ${version}, every ${interval} ms`, async () => {
          await using world = new World();
          const { own, other, tell } = await woken(world, { version, virtualMac, interval });
          world.advance(990);
          // What is left of an interval of 1 s may be more.
          while (other.state === 'MASTER') world.advance(1);
          assert.equal(own.state, 'MASTER');
          world.history.length = 0;
          tell();
          world.advance(10_000);
          assert.deepEqual(world.history, []);
        });

  it('and is told before it has advertised listens', async () => {
    await using world = new World();
    const { own, tell } = await woken(world, { preempt: false });
    tell();
    world.advance(10_000);
    assert.deepEqual([own.state, world.masters()], ['BACKUP', ['host2']]);
    assert.equal(world.history.length, 1);
  });

  it('and has advertised just before it did so listens', () => {
    const bench = Bench.master();
    bench.sleep(MINUTE);
    assert.match(bench.log.join(), /^[\d.]+ BACKUP resumed after a pause$/);
  });

  it('and has advertised since, but in vain, listens', () => {
    const bench = Bench.master();
    bench.pass(5000);
    bench.leaves = false;
    bench.sleep(MINUTE, 1000);
    assert.match(bench.log.join(), /^[\d.]+ BACKUP resumed after a pause$/);
  });

  it('and has advertised, or has not, while its wall clock was set by almost half of the sleep, is not misled', () => {
    const [forward, back] = [before(400), before(400)];
    for (const [bench, step, untold] of [
      [forward, MINUTE / 2 - 1, 500],
      [back, -MINUTE / 2, 0],
    ] as const) {
      bench.clock.slept = MINUTE;
      bench.pass(untold);
      bench.clock.slept += step;
      bench.machine.resumed(MINUTE);
    }
    assert.deepEqual([forward.machine.state, back.machine.state], ['MASTER', 'BACKUP']);
  });

  it('for longer than its peers wait listens, though that is less than two intervals', () => {
    const bench = before(900, { downAdverts: 1 });
    bench.sleep(1001);
    assert.match(bench.log.join(), /^[\d.]+ BACKUP resumed after a pause$/);
  });

  it('for less, and whose word does not leave then, counts the sleep among the time in which none has left', () => {
    const bench = before(600);
    bench.pass(5000);
    bench.leaves = false;
    bench.sleep(2500);
    for (const [wait, state] of [
      [100, 'MASTER'],
      [1, 'BACKUP'],
    ] as const) {
      bench.pass(wait);
      bench.hear(1);
      assert.equal(bench.machine.state, state);
    }
    assert.match(bench.log.join(), /^[\d.]+ BACKUP cannot advertise$/);
  });

  it('for less than its peers wait says at once that it is there', () => {
    const bench = before(400);
    const now = bench.clock.now();
    bench.sleep(2000);
    assert.deepEqual(bench.sent, [[now, 100]]);
    bench.pass(400);
    assert.equal(bench.machine.state, 'MASTER');
    assert.deepEqual(bench.sent, [
      [now, 100],
      [now + 400, 100],
    ]);
  });

  it('for less, and has advertised since, has no need to', () => {
    const bench = before(400);
    bench.sleep(2900, 900);
    assert.equal(bench.machine.state, 'MASTER');
    assert.equal(bench.sent.length, 1);
  });

  it('for so short that no word is missing says nothing', () => {
    const bench = before(900);
    bench.sleep(400);
    assert.deepEqual(bench.sent, []);
    bench.sleep(401);
    assert.equal(bench.sent.length, 1);
  });

  it('too long, but whose failover group has a claim, says at once that it is there', () => {
    const bench = before(400);
    const now = bench.clock.now();
    bench.groupOutlasts = true;
    bench.sleep(MINUTE);
    assert.deepEqual([bench.machine.state, bench.sent], ['MASTER', [[now, 100]]]);
    bench.pass(400);
    assert.equal(bench.sent.length, 2, 'the next one is due when it was');
  });

  it('has a claim for its group if it has advertised since, or its peers still wait', () => {
    assert.equal(new Bench().machine.outlasts(1), false, 'it is BACKUP');
    const bench = before(400);
    const claims = [2400, 2401].map((slept) => {
      bench.clock.slept = slept;
      return bench.machine.outlasts(slept);
    });
    assert.deepEqual(claims, [true, false], 'its last word is 600 ms old');
    bench.sleep(MINUTE, 400);
    assert.equal(bench.machine.outlasts(MINUTE), true);
  });

  it('for less than its peers wait, but has been silent for longer by then, listens', () => {
    const bench = before(100);
    bench.sleep(2200);
    assert.match(bench.log.join(), /^[\d.]+ BACKUP resumed after a pause$/);
  });
});

/** A MASTER that advertises in so many ms, and has not said anything that matters before. */
function before(ms: number, given: Given = {}): Bench {
  const bench = Bench.master(given);
  bench.pass(bench.machine.capture().advertisement! - bench.clock.now() + 1000 - ms);
  bench.sent.length = 0;
  return bench;
}
