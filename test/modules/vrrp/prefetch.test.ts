/** What is read ahead for the packets of a batch: nothing changes by it, whatever they say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IfnetModule } from '../../../modules/ifnet/index.js';
import type { VrrpSoftc } from '../../../modules/vrrp/softc.js';
import { openedSockets } from '../../support/opened-sockets.js';
import { assertShownInVain } from '../../support/read-ahead.js';
import { World } from './support/world.js';

test('a virtual router is as it was, before it has heard a master and after, and nothing is counted', async () => {
  await using world = new World();
  const [better, host] = [await world.host(), await world.host()];
  const opened = openedSockets(host.kernel.get(IfnetModule).byName('eth0')!);
  const router = host.create({ vrid: 1 }) as VrrpSoftc;
  assert.equal(opened.length, 1);
  const capture = () => [
    router.handover.capture(),
    ...Object.values(host.vrrp.statistics).map(({ value }) => value),
  ];
  assertShownInVain(opened, capture);
  better.create({ vrid: 1, priority: 200 });
  world.advance(9000);
  assert.ok(router.master !== undefined && router.state === 'BACKUP');
  assertShownInVain(opened, capture);
});
