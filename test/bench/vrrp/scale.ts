/**
 * 255 virtual routers on each of four interfaces, one advertisement a second each, in one process: as MASTER and as
 * BACKUP. keepalived runs beside it at the same time on cables of its own, so that the machine is the same for both. CPU
 * time is that of the steady state, after V8 has compiled what is hot and shrunk its heap.
 */
import { elapse, Laboratory, type Namespace, waitFor } from '../../lab/support/index.js';
import type { Measurement } from '../bench.js';
import { wire } from '../carp/common.js';
import { startKeepalived } from '../carp/keepalived.js';
import { childrenOf, cpuShares, peakResidentMiB } from '../carp/process.js';
import { entered, startCarpet } from './carpet.js';

const INTERFACES = ['eth0', 'eth1', 'eth2', 'eth3'];
const NUMBERS = Array.from({ length: 255 }, (_, i) => i + 1);
const COUNT = INTERFACES.length * NUMBERS.length;
const SETTLE_MS = 45_000;
const BETTER = 200;
const WORSE = 100;

const all = (priority: number) =>
  INTERFACES.flatMap((ifname) => NUMBERS.map((vrid) => ({ ifname, vrid, priority })));

/** `settled`: whether to wait for the steady state; a quick look does not. */
export async function scale(
  seconds: number,
  settled: boolean,
  log: (line: string) => void,
): Promise<Measurement[]> {
  await using lab = Laboratory.open();
  await using theirLab = Laboratory.open();
  const ours = await carpet(lab);
  const theirs = await keepalived(theirLab);
  await elapse(settled ? SETTLE_MS : 5000);
  const shares = await cpuShares(
    { master: ours.master, backup: ours.backup, theirMaster: theirs.master, theirBackup: theirs.backup },
    seconds,
  );
  const rss = Math.max(...[ours.master, ours.backup].map(({ pid }) => peakResidentMiB(pid)));
  const theirRss = Math.max(...[theirs.master, theirs.backup].map(childResidentMiB));
  log(`${JSON.stringify(shares)}, ${rss.toFixed(0)} MiB`);
  if (entered(ours.backup, 'MASTER') > 0) throw new Error('a BACKUP took over from a MASTER that was well');
  const share = (id: string, value: number) => ({
    id: `vrrp.scale1020.${id}`,
    value: 100 * value,
    unit: '%',
  });
  const ratio = (id: string, value: number) => ({ id: `vrrp.scale1020.${id}`, value, unit: 'x' });
  return [
    ratio('master.cpu_vs_keepalived', shares.master / shares.theirMaster),
    ratio('backup.cpu_vs_keepalived', shares.backup / shares.theirBackup),
    share('master.cpu', shares.master),
    share('backup.cpu', shares.backup),
    share('keepalived.master.cpu', shares.theirMaster),
    share('keepalived.backup.cpu', shares.theirBackup),
    { id: 'vrrp.scale1020.rss_mib', value: rss, unit: 'MiB' },
    { id: 'vrrp.scale1020.keepalived.rss_mib', value: theirRss, unit: 'MiB' },
  ];
}

async function carpet(lab: Laboratory) {
  const [a, b] = wire(lab, INTERFACES);
  const master = startCarpet(a!, all(BETTER));
  await waitFor(`${COUNT} masters`, 40_000, () => entered(master, 'MASTER') === COUNT);
  const backup = startCarpet(b!, all(WORSE));
  await waitFor(`${COUNT} backups`, 40_000, () => entered(backup, 'BACKUP') === COUNT);
  return { master, backup };
}

async function keepalived(lab: Laboratory) {
  const [a, b] = wire(lab, INTERFACES);
  const master = startKeepalived(a!, all(BETTER), { state: 'MASTER' });
  await waitFor(`${COUNT} masters`, 40_000, async () => {
    await elapse(500);
    return addressesOf(a!) >= COUNT;
  });
  const backup = startKeepalived(b!, all(WORSE), { state: 'BACKUP' });
  return { master, backup };
}

function addressesOf(host: Namespace): number {
  return host.ip('-o', '-4', 'address', 'show').split('\n').length;
}

/** keepalived's parent only watches the child that does the work. */
function childResidentMiB({ pid }: { readonly pid: number }): number {
  return Math.max(...childrenOf(pid).map(peakResidentMiB));
}
