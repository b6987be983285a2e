/** One process takes the place of another: no state passes, but nothing is left behind, and nothing is lost for good. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel } from '../../../core/index.js';
import { IfnetModule } from '../../../modules/ifnet/index.js';
import { LanDriver } from '../../../modules/ifnet/lan/index.js';
import { VrrpModule } from '../../../modules/vrrp/index.js';
import { SHARED, World } from './support/world.js';

const ROUTER = { ifname: 'eth0', vrid: 7, addresses: [SHARED], virtualMac: false };

test('a predecessor sends priority 0 and leaves its addresses and numbers at once', async () => {
  await using world = new World();
  const host = await world.host({ routers: [{ ...ROUTER, priority: 150 }] });
  const peer = await world.host({ routers: [ROUTER] });
  world.advance(5000);
  assert.ok(host.holds(SHARED));
  host.kernel.succession.give();
  assert.equal(world.seen.at(-1)!.payload[2], 0);
  assert.ok(!host.holds(SHARED));
  using claim = host.kernel.get(IfnetModule).byName('eth0')!.claim('vhid 7')!;
  assert.ok(claim);
  world.advance(700);
  assert.ok(peer.holds(SHARED));
});

test('a successor begins when its predecessor has gone, and tries until the number is free', async () => {
  await using world = new World();
  const log: string[] = [];
  const options = { clock: world.clock, log: ({ message }: { message: string }) => log.push(message) };
  await using kernel = new Kernel({ ...options, predecessor: {} });
  await kernel.load(LanDriver, {
    lan: world.lan,
    interfaces: [{ name: 'eth0', addresses: ['10.88.0.9/24'] }],
  });
  const vrrp = await kernel.load(VrrpModule, { routers: [ROUTER] });
  const claim = kernel.get(IfnetModule).byName('eth0')!.claim('vhid 7')!;
  kernel.succession.begin();
  world.advance(2000);
  assert.deepEqual(vrrp.list(), []);
  kernel.succession.alone();
  world.advance(2500);
  assert.deepEqual(vrrp.list(), []);
  assert.equal(log.filter((line) => /cannot begin .* number 7 is taken/.test(line)).length, 1);
  claim[Symbol.dispose]();
  world.advance(1000);
  assert.equal(vrrp.list()[0]?.state, 'BACKUP');
  world.advance(4000);
  assert.equal(vrrp.list()[0]?.state, 'MASTER');
});
