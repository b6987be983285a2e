/**
 * How late a takeover is: forty virtual routers whose deadlines lie 23 ms apart, of which the MASTER is killed. See
 * ../carp/takeover.ts for what is measured, and for keepalived's part.
 */
import { elapse, Laboratory, waitFor } from '../../lab/support/index.js';
import type { Measurement } from '../bench.js';
import { hosts, lladdrOf, quantile } from '../carp/common.js';
import { masterDownInterval, vrrpAdvert } from '../carp/keepalived.js';
import { keepalivedTakeovers } from '../carp/takeover/keepalived.js';
import { readTakeover, type Takeover } from '../carp/takeover/reading.js';
import { entered, startCarpet } from './carpet.js';

const SPACING = 6;
const MASTER_PRIORITY = 254;
const INSTANCES = Array.from({ length: 40 }, (_, i) => ({
  vrid: i + 1,
  priority: MASTER_PRIORITY - 1 - i * SPACING,
}));

const DAEMONS = [
  { infix: '', run: carpetTakeovers },
  { infix: 'keepalived.', run: keepalivedTakeovers },
];

export async function takeover(rounds: number, log: (line: string) => void): Promise<Measurement[]> {
  const results = DAEMONS.map((daemon) => ({ ...daemon, takeovers: [] as Takeover[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { infix, run, takeovers } of results) {
      takeovers.push(...(await run()));
      log(`takeover: ${infix || 'carpet'} ${takeovers.length} samples`);
    }
  }
  return results.flatMap(({ infix, takeovers }) => [
    ...figures(
      `vrrp.lateness.${infix}`,
      takeovers.map(({ lateness }) => lateness),
    ),
    ...figures(
      `vrrp.garp_lateness.${infix}`,
      takeovers.map(({ garpLateness }) => garpLateness),
    ),
  ]);
}

function figures(prefix: string, values: readonly number[]): Measurement[] {
  return [
    { id: `${prefix}p50_ms`, value: quantile(values, 0.5), unit: 'ms' },
    { id: `${prefix}p99_ms`, value: quantile(values, 0.99), unit: 'ms' },
    { id: `${prefix}worst_ms`, value: Math.max(...values), unit: 'ms' },
  ];
}

async function carpetTakeovers(): Promise<Takeover[]> {
  await using lab = Laboratory.open();
  const [a, b] = hosts(lab, 2);
  const capture = await lab.capture('proto 112 or arp');
  const better = INSTANCES.map((instance) => ({ ...instance, priority: MASTER_PRIORITY }));
  const master = startCarpet(a!, better);
  await waitFor('masters', 20_000, () => entered(master, 'MASTER') === INSTANCES.length);
  const backup = startCarpet(b!, INSTANCES);
  await waitFor('backups', 20_000, () => entered(backup, 'BACKUP') >= INSTANCES.length);
  await elapse(3000);
  master.kill('SIGKILL');
  await waitFor('takeovers', 10_000, () => entered(backup, 'MASTER') === INSTANCES.length);
  await elapse(200);
  const ends = { killed: '10.88.0.1', successor: '10.88.0.2', lladdr: lladdrOf(b!) };
  return INSTANCES.map(({ vrid, priority }) =>
    readTakeover(capture, ends, {
      address: `10.99.0.${vrid}`,
      advert: vrrpAdvert(vrid),
      dead: masterDownInterval(priority),
    }),
  );
}
