/**
 * A MASTER that hears a better one says one more word before it yields. Others hear that word too, and take it for a worse
 * MASTER's: with `preempt` they would take over from one that is no more, beside the better one, until that speaks again.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deadTimeUnits, intervalUnits } from '../../../modules/carp/election/interval.js';
import { ALIVE_INTERVALS } from '../../../modules/carp/election/master-watch.js';
import type { CarpVhidOptions } from '../../../modules/carp/index.js';
import { machine } from './support/machine.js';
import { World } from './support/world.js';

/** For how many ms two hosts were MASTER at once, and how often each became it. */
function contention(world: World): { readonly ms: number; readonly takeovers: number } {
  const masters = new Set<string>();
  let [ms, since, takeovers] = [0, 0, 0];
  for (const { time, host, to } of world.transitions) {
    if (masters.size > 1) ms += time - since;
    since = time;
    if (to === 'MASTER') {
      masters.add(host);
      takeovers++;
    } else masters.delete(host);
  }
  return { ms, takeovers };
}

/** The last of the hosts is MASTER alone; the others start together, and preempt. */
async function comeBack(world: World, ...options: Partial<CarpVhidOptions>[]): Promise<void> {
  const worst = options.at(-1)!;
  const others = [];
  for (const _ of options.slice(1)) others.push(await world.host());
  const last = await world.host();
  last.create(worst);
  world.advance(10_000);
  assert.deepEqual(world.masters(), [last.name]);
  world.transitions.length = 0;
  for (const [i, host] of others.entries()) host.create(options[i]);
  world.advance(10_000);
}

describe('the last word of a MASTER that yields to a better one', () => {
  for (const election of ['auto', 'ucarp', 'bsd', 'openbsd'] as const) {
    it(`${election}: calls no third host to arms that has come back with the better one`, async () => {
      await using world = new World();
      const common = { election, preempt: true };
      await comeBack(
        world,
        { ...common, advskew: 0 },
        { ...common, advskew: 50 },
        { ...common, advskew: 100 },
      );
      assert.deepEqual(world.masters(), ['host1']);
      const { ms, takeovers } = contention(world);
      // Both preempt the worst at the same time. Two frames later the second has heard the first.
      assert.ok(ms <= 1 && takeovers === 2, `two MASTERs for ${ms} ms, ${takeovers} takeovers`);
    });
  }

  for (const election of ['auto', 'openbsd'] as const) {
    it(`${election}: of a demoted one calls nobody to arms after a partition`, async () => {
      await using world = new World();
      const { hosts } = await world.pair({ election }, { election, advskew: 50 }, { election, advskew: 100 });
      world.lan.partition([world.lan.ports[2]!]);
      hosts[2]!.kernel.sysctl.set('net.inet.carp.demotion', 10);
      world.advance(10_000);
      assert.deepEqual(world.masters(), ['host1', 'host3']);
      world.lan.heal();
      world.transitions.length = 0;
      world.advance(10_000);
      assert.deepEqual(
        world.transitions.map(({ host, to }) => `${host} ${to}`),
        ['host3 BACKUP'],
      );
    });
  }
});

describe('a BACKUP with preempt', () => {
  const [BETTER, WORSE] = ['10.88.0.7', '10.88.0.8'];
  /** One that has heard the better master, with an interval of a second, at 10 000 ms. */
  function backup() {
    const made = machine(50, true);
    made.clock.advanceSync(2000);
    for (let i = 0; i < 8; i++) {
      made.hear(256, 0, 4, BETTER);
      made.clock.advanceSync(1000);
    }
    made.hear(256, 0, 4, BETTER);
    made.log.length = 0;
    return made;
  }

  it('ignores a worse master for one and a half intervals of the better one, that it may lose one of its words', () => {
    const { clock, hear, log } = backup();
    for (const after of [1, 998, 500]) {
      clock.advanceSync(after);
      hear(356, 0, 4, WORSE);
      assert.deepEqual(log, [], `${clock.now()}`);
    }
    clock.advanceSync(1);
    hear(356, 0, 4, WORSE);
    assert.deepEqual(log, ['11500 MASTER preempting a slower master']);
  });

  it('is late for no master that takes over since the better one is dead, with any dead ratio from 2 on', () => {
    for (let advbase = 0; advbase < 4; advbase++)
      for (let worse = 2; worse < 255; worse++)
        assert.ok(deadTimeUnits(advbase, worse, 2) >= ALIVE_INTERVALS * intervalUnits(advbase, worse - 2));
  });

  it('does not wait for it: its own dead time goes on', () => {
    const { clock, hear, log } = backup();
    clock.advanceSync(1000);
    hear(356, 0, 4, WORSE);
    clock.advanceSync(3000);
    assert.deepEqual(log, ['13195.3125 MASTER master timed out']);
  });

  it('takes over at once upon a bow-out, whoever sends it', () => {
    for (const from of [BETTER, WORSE]) {
      const { clock, hear, log } = backup();
      clock.advanceSync(1);
      hear(255 * 256 + 255, 0, 4, from);
      assert.deepEqual(log, ['10001 MASTER master will time out']);
    }
  });

  it('takes over at once when the master itself has become worse', () => {
    const { clock, hear, log } = backup();
    clock.advanceSync(1);
    hear(496, 0, 4, BETTER);
    assert.deepEqual(log, ['10001 MASTER preempting a slower master']);
  });

  it('knows in the next process which one it followed', () => {
    const { self } = backup();
    const { clock, hear, log } = machine(50, true, { successor: { of: self.capture(), at: 10_000 } });
    clock.advanceSync(1);
    hear(356, 0, 4, WORSE);
    assert.deepEqual(log, []);
  });
});
