/** What is read ahead for the packets of a batch: nothing changes by it, whatever they say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IfnetModule } from '../../../modules/ifnet/index.js';
import { openedSockets } from '../../support/opened-sockets.js';
import { assertShownInVain } from '../../support/read-ahead.js';
import { softcOf } from './support/softc.js';
import { SHARED, World } from './support/world.js';

test('a vhid is as it was, before it has heard a master and after, and nothing is counted', async () => {
  await using world = new World();
  const [better, host] = [await world.host(), await world.host()];
  const addresses = [SHARED, 'fd88::100/64'];
  const opened = openedSockets(host.kernel.get(IfnetModule).byName('eth0')!);
  const vhid = softcOf(host.create({ addresses, advskew: 100 }));
  assert.equal(opened.length, 2);
  const capture = () => [
    vhid.handover.capture(),
    ...Object.values(host.carp.statistics).map(({ value }) => value),
  ];
  assertShownInVain(opened, capture);
  better.create({ addresses });
  world.advance(9000);
  assert.ok(vhid.heardMaster.heardAt !== undefined && vhid.state === 'BACKUP');
  assertShownInVain(opened, capture);
});
