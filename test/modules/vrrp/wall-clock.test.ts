/** The sequence of a trailer tells new from old by the sender's wall clock, which somebody may set while it sends. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VrrpModule } from '../../../modules/vrrp/index.js';
import { SimProcess } from '../../sim/process.js';
import { succeed } from '../../support/succession.js';
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
  const master = await world.host({ routers }, {}, { clock });
  const backup = await world.host({ routers: [ROUTER] });
  world.advance(5000);
  return { world, clock, routers, master, backup };
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

describe('a host that starts with a clock that is behind', () => {
  it('is heard as soon as the clock is right', async () => {
    const { world, clock, routers, master, backup } = await pair();
    await using _ = world;
    await master.kernel.unload(VrrpModule);
    clock.wallOffset = -60 * MINUTE;
    await master.kernel.load(VrrpModule, { routers });
    world.advance(10_000);
    assert.deepEqual(statesOf(master, backup), ['MASTER', 'MASTER']);
    clock.wallOffset = 0;
    world.advance(2000);
    assert.deepEqual(statesOf(master, backup), ['MASTER', 'BACKUP']);
  });
});
