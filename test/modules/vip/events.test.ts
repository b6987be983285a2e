/** What all protocols that share addresses have in common, seen through CARP. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VipModule } from '../../../modules/vip/index.js';
import { SHARED, World } from '../carp/support/world.js';

describe('vip_state_event', () => {
  it('comes when the addresses are in place, before what handles the protocol by itself', async () => {
    await using world = new World();
    const host = await world.host();
    const { eventhandler } = host.kernel;
    const seen: unknown[] = [];
    eventhandler.register('vip_state_event', (vip, { from, to, reason }) => {
      const { protocol, vhid, name } = vip;
      seen.push([protocol, vhid, name, from, to, reason, host.addresses().includes(SHARED)]);
    });
    eventhandler.register('carp_state_event', (_vhid, { to }) => seen.push(to));
    const vhid = host.create();
    world.advance(5000);
    vhid.setState('INIT');
    assert.deepEqual(seen, [
      ['carp', 1, '1@eth0', 'INIT', 'BACKUP', 'initialization complete', false],
      'BACKUP',
      ['carp', 1, '1@eth0', 'BACKUP', 'MASTER', 'master timed out', true],
      'MASTER',
      ['carp', 1, '1@eth0', 'MASTER', 'BACKUP', 'user requested via ifconfig', false],
      'BACKUP',
      ['carp', 1, '1@eth0', 'BACKUP', 'INIT', 'user requested via ifconfig', false],
      'INIT',
    ]);
  });
});

it('the module knows the virtual hosts of all protocols, and forgets those of one that is unloaded', async () => {
  await using world = new World();
  const host = await world.host();
  host.create();
  host.create({ vhid: 2, addresses: ['10.88.0.102/24'] });
  const { kernel } = host;
  const held = await kernel.load(VipModule);
  assert.deepEqual(held.list().map(String), ['1@eth0', '2@eth0']);
  await kernel.unload('carp');
  assert.deepEqual(held.list(), []);
});
