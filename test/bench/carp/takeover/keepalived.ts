/** Forty VRRPv3 instances in one keepalived, whose deadlines lie 23 ms apart as those of carpet do. */
import { elapse, Laboratory, waitFor } from '../../../lab/support/index.js';
import { hosts, lladdrOf } from '../common.js';
import { masterDownInterval, startKeepalived, vrrpAdvert } from '../keepalived.js';
import { allAdvertised, readTakeover, type Takeover } from './reading.js';

const SPACING = 6;
const MASTER_PRIORITY = 254; // 255 is for the owner of the address
const INSTANCES = Array.from({ length: 40 }, (_, i) => ({
  vrid: i + 1,
  priority: MASTER_PRIORITY - 1 - i * SPACING,
}));
const SHARED = INSTANCES.map(({ vrid, priority }) => ({
  address: `10.99.0.${vrid}`,
  advert: vrrpAdvert(vrid),
  dead: masterDownInterval(priority),
}));

export async function keepalivedTakeovers(): Promise<Takeover[]> {
  await using lab = Laboratory.open();
  const [a, b] = hosts(lab, 2);
  const capture = await lab.capture('proto 112 or arp');
  const better = INSTANCES.map((instance) => ({ ...instance, priority: MASTER_PRIORITY }));
  const master = startKeepalived(a!, better, { state: 'MASTER' });
  await waitFor('masters', 10_000, () => allAdvertised(capture, '10.88.0.1', SHARED));
  startKeepalived(b!, INSTANCES, { state: 'BACKUP' });
  await elapse(3000);
  // Parent and child at once: a child whose parent has died says good-bye with priority 0.
  master.destroy();
  await waitFor('takeovers', 10_000, () => allAdvertised(capture, '10.88.0.2', SHARED));
  await elapse(200);
  const ends = { killed: '10.88.0.1', successor: '10.88.0.2', lladdr: lladdrOf(b!) };
  return SHARED.map((shared) => readTakeover(capture, ends, shared));
}
