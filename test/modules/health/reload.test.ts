/** CARP is reloaded below its checks: what they demote stays demoted, for the peers and in the ledger. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CarpModule } from '../../../modules/carp/index.js';
import { HealthModule } from '../../../modules/health/index.js';
import { SHARED, World } from '../carp/support/world.js';
import { reload } from './reloaded.js';

test('a demoted host does not take the address while carp is reloaded, and stays demoted', async () => {
  await using world = new World();
  const [good, bad] = [await world.host(), await world.host()];
  good.create({ advskew: 100 });
  const { kernel } = bad;
  const vhids = [{ ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED], preempt: true }];
  await kernel.reconfigure(CarpModule, { vhids });
  const check = { kind: 'module' as const, of: 'missing', interval: 1000, fall: 1 };
  await kernel.load(HealthModule, { checks: { it: check } });
  await world.clock.advance(6000);
  assert.deepEqual(world.masters(), ['host1']);
  world.history();

  await reload(world, kernel, CarpModule);
  await world.clock.advance(10_000);
  assert.deepEqual(
    world.history().filter((line) => line.includes('->MASTER')),
    [],
  );
  const carp = kernel.get(CarpModule);
  assert.deepEqual(
    carp.demotion.status().map(({ by, reason }) => `${by} ${reason}`),
    ['health check it: no success yet'],
  );
  assert.equal(carp.list()[0]!.advskew, 240);
});
