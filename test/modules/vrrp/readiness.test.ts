/** New settings can make a virtual router fit to work, or unfit, as an interface can. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ifnet, IfnetError } from '../../../modules/ifnet/index.js';
import { LanDriver } from '../../../modules/ifnet/lan/index.js';
import { SHARED, World } from './support/world.js';

test('without a carrier it works as soon as it is told to ignore that, and ends as soon as it is not', async () => {
  await using world = new World();
  const host = await world.host();
  world.lan.cut('host1:eth0');
  const router = host.create();
  assert.equal(router.state, 'INIT');
  router.configure({ ignoreLinkState: true });
  assert.equal(router.state, 'BACKUP');
  router.setState('MASTER');
  router.configure({ ignoreLinkState: false });
  assert.deepEqual([router.state, host.holds(SHARED)], ['INIT', false]);
});

test('without an address of its own it works as soon as a source is set, and ends as soon as it is not', async () => {
  await using world = new World();
  const host = await world.host({}, { addresses: [] });
  const router = host.create();
  assert.equal(router.state, 'INIT');
  router.configure({ source: '10.88.0.7' });
  assert.equal(router.state, 'BACKUP');
  router.configure({ source: undefined });
  assert.equal(router.state, 'INIT');
  assert.match(world.history.at(-1)!, /BACKUP->INIT no source address/);
});

test('on an interface that comes while descriptors are short it works as soon as they are not', async () => {
  await using world = new World();
  const host = await world.host();
  const { kernel, log } = host;
  const router = host.create({ ifname: 'eth1', addresses: ['10.77.0.100/24'] });
  let short = true;
  kernel.eventhandler.register('ifnet_arrival_event', { priority: 0, handler: starve });
  function starve(ifp: Ifnet): void {
    const open = ifp.openIp.bind(ifp);
    ifp.openIp = (options) => {
      if (short) throw new IfnetError('EMFILE', ifp.name, 'too many sockets');
      return open(options);
    };
  }
  kernel.get(LanDriver).create({ name: 'eth1', addresses: ['10.77.0.1/24'] });
  world.advance(50_000);
  assert.equal(log.filter(({ message }) => /cannot start: .*too many sockets/.test(message)).length, 1);
  short = false;
  world.advance(10_000);
  assert.equal(router.state, 'MASTER');
});
