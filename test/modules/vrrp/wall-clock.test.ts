/** The sequence of a trailer tells new from old by the sender's wall clock, which somebody may set while it sends. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VrrpModule } from '../../../modules/vrrp/index.js';
import { OwnSequence } from '../../../modules/vrrp/link/own-sequence.js';
import { SequenceMemory } from '../../../modules/vrrp/link/sequence-memory.js';
import { SimProcess } from '../../sim/process.js';
import { succeed } from '../../support/succession.js';
import { memory } from '../carp/support/memory.js';
import { type Host, SHARED, World } from './support/world.js';

const ROUTER = {
  ifname: 'eth0',
  vrid: 7,
  addresses: [SHARED],
  virtualMac: false,
  hmac: { id: 1, key: '0b'.repeat(32) },
};
const MINUTE = 60_000;

/** A MASTER whose wall clock can be set, and a BACKUP. */
async function pair() {
  const world = new World();
  const clock = new SimProcess(world.clock, 'host1');
  const routers = [{ ...ROUTER, priority: 150 }];
  const store = memory();
  const master = await world.host({ routers }, {}, { clock, store });
  const backup = await world.host({ routers: [ROUTER] });
  world.advance(5000);
  return { world, clock, routers, store, master, backup };
}

const statesOf = (...hosts: Host[]) => hosts.map(({ kernel }) => kernel.get(VrrpModule).list()[0]!.state);

describe('a MASTER whose wall clock is set back', () => {
  it('is heard as before', async () => {
    const { world, clock, master, backup } = await pair();
    await using _ = world;
    clock.wallOffset = -MINUTE;
    world.advance(20_000);
    assert.deepEqual(statesOf(master, backup), ['MASTER', 'BACKUP']);
    assert.equal(backup.vrrp.statistics.replayed.value, 0);
  });

  for (const [how, renew] of [
    ['reload', ({ kernel }) => kernel.reload(VrrpModule)],
    ['upgrade', ({ kernel }, routers) => succeed(kernel, [[VrrpModule, { routers }]])],
  ] as [string, (host: Host, routers: object[]) => Promise<unknown>][])
    it(`is heard as before after a ${how}`, async () => {
      const { world, clock, routers, master, backup } = await pair();
      await using _ = world;
      clock.wallOffset = -MINUTE;
      for (let i = 0; i < 3; i++) {
        world.advance(3000 + 137 * i);
        await renew(master, routers);
      }
      world.advance(20_000);
      assert.deepEqual(statesOf(master, backup), ['MASTER', 'BACKUP']);
      assert.equal(backup.vrrp.statistics.replayed.value, 0);
    });
});

describe('a host that starts with a clock that is behind, and knows of no former life', () => {
  it('is heard as soon as the clock is right', async () => {
    const { world, clock, routers, store, master, backup } = await pair();
    await using _ = world;
    await master.kernel.unload(VrrpModule);
    store.read = () => undefined;
    clock.wallOffset = -60 * MINUTE;
    await master.kernel.load(VrrpModule, { routers });
    world.advance(10_000);
    assert.deepEqual(statesOf(master, backup), ['MASTER', 'MASTER']);
    clock.wallOffset = 0;
    world.advance(2000);
    assert.deepEqual(statesOf(master, backup), ['MASTER', 'BACKUP']);
  });
});

describe('a process that starts after its wall clock was set back', () => {
  for (const [when, setBack, killed] of [
    ['while the former one was at work', 'before', false],
    ['while the former one was at work, which was killed later', 'before', true],
    ['since the former one ended', 'after', false],
  ] as const)
    it(`${when}, is heard at once`, async () => {
      const { world, clock, routers, store, master, backup } = await pair();
      await using _ = world;
      if (setBack === 'before') clock.wallOffset = -MINUTE;
      world.advance(20_000);
      // What is written later was not written by one that was killed.
      if (killed) store.write = () => Promise.resolve(false);
      await master.kernel.unload(VrrpModule);
      clock.wallOffset = -MINUTE;
      await master.kernel.load(VrrpModule, { routers });
      world.advance(20_000);
      assert.deepEqual(statesOf(master, backup), ['MASTER', 'BACKUP']);
      assert.equal(backup.vrrp.statistics.replayed.value, 0);
    });

  it('is heard although a successor, which stood by, was given up before the former one was killed', () => {
    const clock = { ms: 0, now: () => clock.ms, wallTime: () => clock.ms + 1_000_000 };
    const store = memory();
    const life = (): OwnSequence => new OwnSequence(clock, new SequenceMemory(store, 'it'));
    const state = { counter: 1, sequence: { time: 1_000_000 + MINUTE, at: 0 } };
    const [former, successor, next] = [life(), life(), life()];
    for (const each of [former, successor]) each.adopt(state);
    former.next();
    clock.ms += 20_000;
    successor.end();
    const { seconds } = former.next();
    clock.ms += 1000;
    assert.equal(next.next().seconds, seconds + 1);
  });

  it('writes only when it ends if its clock is right, and goes on with that', async () => {
    const { world, routers, store, master, backup } = await pair();
    await using _ = world;
    world.advance(60_000);
    assert.equal(store.writes, 0);
    for (let life = 1; life <= 3; life++) {
      await master.kernel.unload(VrrpModule);
      assert.equal(store.writes, life);
      await master.kernel.load(VrrpModule, { routers });
      world.advance(10_000);
    }
    assert.deepEqual(statesOf(master, backup), ['MASTER', 'BACKUP']);
    assert.equal(backup.vrrp.statistics.replayed.value, 0);
  });
});
