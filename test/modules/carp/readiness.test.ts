/** New settings can make a vhid fit to work, or unfit, as an interface can. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './support/world.js';

test('without a carrier it works as soon as it is told to ignore that, and ends as soon as it is not', async () => {
  await using world = new World();
  const host = await world.host();
  world.lan.cut('host1:eth0');
  const vhid = host.create();
  assert.deepEqual([vhid.state, vhid.advskew], ['INIT', 240]);
  vhid.configure({ ignoreLinkState: true });
  assert.deepEqual([vhid.state, vhid.advskew], ['BACKUP', 0]);
  vhid.setState('MASTER');
  vhid.configure({ ignoreLinkState: false });
  assert.deepEqual([vhid.state, host.addresses()], ['INIT', ['10.88.0.1/24']]);
});
