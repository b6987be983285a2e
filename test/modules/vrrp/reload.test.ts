/** VrrpModule is reloaded in a kernel that goes on, by a version that fails: nothing of that stays. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IfnetModule } from '../../../modules/ifnet/index.js';
import { VrrpModule } from '../../../modules/vrrp/index.js';
import { newer } from '../../support/newer.js';
import { countSockets } from '../../support/sockets.js';
import { SHARED, World } from './support/world.js';

const ROUTER = { ifname: 'eth0', vrid: 7, addresses: [SHARED], virtualMac: false };

test('one that lacks a virtual router is refused: no failover group waits for what it made', async () => {
  await using world = new World();
  const grouped = { ...ROUTER, failoverGroup: 'g', priority: 250 };
  const routers = [grouped, { ...grouped, vrid: 8, addresses: ['10.88.0.101/24'] }];
  const { kernel } = await world.host({ routers });
  world.advance(5000);
  await assert.rejects(kernel.reload(newer(VrrpModule), { settings: { routers: [grouped] } }), {
    code: 'EHANDOVER',
  });
  world.advance(1000);
  const after = kernel.get(VrrpModule).list();
  assert.deepEqual(
    after.map(({ state, priority }) => `${state} ${priority}`),
    ['MASTER 250', 'MASTER 250'],
  );
});

test('one that does not start hears nothing any more, and holds nothing', async () => {
  await using world = new World();
  const a = await world.host({ routers: [{ ...ROUTER, priority: 150 }] });
  const b = await world.host({ routers: [ROUTER] });
  const sockets = countSockets(a.kernel);
  world.advance(10_000);
  await a.kernel.reload(newer(VrrpModule));
  const before = sockets.open;
  await assert.rejects(a.kernel.reload(newer(VrrpModule, 'no start')), /no start/);
  world.advance(10_000);
  const from = world.history.length;
  b.vrrp.list()[0]!.setState('MASTER');
  world.advance(5000);
  assert.deepEqual(
    world.history.slice(from).filter((line) => line.includes('host1')),
    [],
  );
  assert.ok(a.holds(SHARED));
  assert.equal(sockets.open, before);
});

test('one that does not start and has no predecessor leaves no interface behind', async () => {
  await using world = new World();
  const { kernel } = await world.host();
  await kernel.unload(VrrpModule);
  const interfaces = () =>
    kernel
      .get(IfnetModule)
      .list()
      .map(({ name }) => name);
  const before = interfaces();
  const sockets = countSockets(kernel);
  const settings = { routers: [{ ...ROUTER, virtualMac: true }] };
  await assert.rejects(kernel.load(newer(VrrpModule, 'no start'), settings), /no start/);
  assert.deepEqual([interfaces(), sockets.open], [before, 0]);
  await kernel.load(VrrpModule, settings);
  assert.equal(interfaces().length, before.length + 1);
});
