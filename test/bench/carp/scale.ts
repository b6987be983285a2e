/**
 * 255 vhids on each of four interfaces, one advertisement per second each, in one process: as MASTER, as BACKUP, and
 * as MASTER under a flood. Beside it keepalived with as many VRRP instances (which have no digest to compute), in the
 * same run on the same cables. It has no part in the flood: VRRPv3 has no authentication, so there would be nothing for
 * it to judge.
 *
 * CPU time is that of the steady state: both have settled as long, after which V8 has compiled what is hot and shrunk
 * its heap, and nobody captures meanwhile. Lateness is measured after that.
 */
import { fileURLToPath } from 'node:url';
import { CarpetCarp } from '../../lab/support/carpet-carp.js';
import {
  type Capture,
  elapse,
  isAdvertisement,
  Laboratory,
  type Namespace,
  waitFor,
} from '../../lab/support/index.js';
import type { Measurement } from '../bench.js';
import { lladdrOf, vhid, wire, worstLateness } from './common.js';
import { startKeepalived } from './keepalived.js';
import { cpuShares, peakResidentMiB } from './process.js';

const INTERFACES = ['eth0', 'eth1', 'eth2', 'eth3'];
const NUMBERS = Array.from({ length: 255 }, (_, i) => i + 1);
const FLOOD = 50_000;
const SETTLE = 45_000;

interface Shares {
  readonly master: number;
  readonly backup: number;
}

/** `settled`: whether to wait for the steady state; a quick look does not. */
export async function scale(
  seconds: number,
  settled: boolean,
  log: (line: string) => void,
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  const settle = settled ? SETTLE : 5000;
  const ours = await carpet(seconds, settle, measurements, log);
  const theirs = await keepalived(seconds, settle, log);
  const ratio = (id: string, value: number): void => void measurements.push({ id, value, unit: 'x' });
  ratio('carp.scale1020.master.cpu_vs_keepalived', ours.master / theirs.master);
  ratio('carp.scale1020.backup.cpu_vs_keepalived', ours.backup / theirs.backup);
  const share = (id: string, value: number): void =>
    void measurements.push({ id, value: 100 * value, unit: '%' });
  share('carp.scale1020.master.cpu', ours.master);
  share('carp.scale1020.backup.cpu', ours.backup);
  share('carp.scale1020.keepalived.master.cpu', theirs.master);
  share('carp.scale1020.keepalived.backup.cpu', theirs.backup);
  return measurements;
}

async function carpet(
  seconds: number,
  settle: number,
  out: Measurement[],
  log: (line: string) => void,
): Promise<Shares> {
  await using lab = Laboratory.open();
  const [a, b] = wire(lab, INTERFACES);
  const all = (advskew: number) =>
    INTERFACES.flatMap((ifname) => NUMBERS.map((n) => vhid(n, { advskew }, ifname)));
  const master = new CarpetCarp(a!, all(0));
  const masters = (carp: CarpetCarp): number => carp.lines.filter(({ to }) => to === 'MASTER').length;
  await waitFor(
    '1020 masters',
    30_000,
    () => masters(master) === 1020,
    () => `${masters(master)}`,
  );
  const backup = new CarpetCarp(b!, all(100));
  await waitFor(
    '1020 backups',
    30_000,
    () => backup.lines.length >= 1020,
    () => `${backup.lines.length}`,
  );
  await elapse(settle);
  const shares = await cpuShares({ master: master.program, backup: backup.program }, seconds);
  const captures = await captureAll(lab, b!);
  await elapse(Math.min(seconds, 20) * 1000);
  const worst = await lateness(captures);
  const rss = Math.max(peakResidentMiB(master.program.pid), peakResidentMiB(backup.program.pid));
  log(`carpet: ${JSON.stringify(shares)}, ${rss.toFixed(0)} MiB, ${worst.toFixed(1)} ms late`);
  if (masters(backup) > 0) throw new Error('a BACKUP took over from a MASTER that was well');
  out.push({ id: 'carp.scale1020.rss_mib', value: rss, unit: 'MiB' });
  out.push({ id: 'carp.scale1020.worst_late_ms', value: worst, unit: 'ms' });
  // From one address or from forged ones: the budget of digests does not look at addresses.
  await flood({ lab, a: a!, b: b!, master }, 'carp.flood', 256, Math.min(seconds, 20), out, log);
  await flood({ lab, a: a!, b: b!, master }, 'carp.flood_one_source', 1, Math.min(seconds, 20), out, log);
  return shares;
}

/** From the other end of the first cable, to vhids the MASTER has: nothing but the digest tells them from real ones. */
async function flood(
  { lab, a, b, master }: { lab: Laboratory; a: Namespace; b: Namespace; master: CarpetCarp },
  id: string,
  sources: number,
  seconds: number,
  out: Measurement[],
  log: (line: string) => void,
): Promise<void> {
  const script = fileURLToPath(new URL('flooder.js', import.meta.url));
  const flooder = b.node(script, ['eth0', lladdrOf(a), String(FLOOD), String(sources)]);
  await flooder.waitForLine(/flooding/, 10_000);
  await elapse(2000);
  const before = Number(((await master.status())['statistics'] as Record<string, number>)['badauth']);
  const start = performance.now();
  const captures = await captureAll(lab, b);
  const { master: share } = await cpuShares({ master: master.program, backup: flooder }, seconds);
  const worst = await lateness(captures);
  const after = Number(((await master.status(10_000))['statistics'] as Record<string, number>)['badauth']);
  const rate = (after - before) / ((performance.now() - start) / 1000);
  await flooder.end('SIGTERM');
  log(
    `flood from ${sources}: ${rate.toFixed(0)}/s judged, ${(100 * share).toFixed(0)} % CPU, ${worst.toFixed(1)} ms late`,
  );
  out.push({ id: `${id}.worst_late_ms`, value: worst, unit: 'ms' });
  out.push({ id: `${id}.cpu`, value: 100 * share, unit: '%' });
  out.push({ id: `${id}.judged_per_s`, value: rate, unit: '1/s' });
}

function captureAll(lab: Laboratory, host: Namespace): Promise<Capture[]> {
  // The first cable carries the flood as well, so what is captured there is chosen in the kernel.
  return Promise.all(
    ['eth0', 'eth3'].map((ifname) =>
      lab.capture(`ip proto 112 and src 10.88.${ifname.slice(3)}.1`, host, ifname),
    ),
  );
}

async function lateness(captures: readonly Capture[]): Promise<number> {
  let worst = 0;
  for (const capture of captures) {
    await capture.stop();
    const times = new Map<number, number[]>();
    for (const frame of capture.where((f) => isAdvertisement(f))) {
      const number = frame.advertisement!.vhid;
      times.set(number, [...(times.get(number) ?? []), frame.time]);
    }
    if (times.size < NUMBERS.length) throw new Error(`only ${times.size} vhids in the capture`);
    for (const each of times.values()) worst = Math.max(worst, worstLateness(each, 1000));
  }
  return worst;
}

async function keepalived(seconds: number, settle: number, log: (line: string) => void): Promise<Shares> {
  await using lab = Laboratory.open();
  const [a, b] = wire(lab, INTERFACES);
  const all = (priority: number) =>
    INTERFACES.flatMap((ifname) => NUMBERS.map((vrid) => ({ ifname, vrid, priority })));
  const master = startKeepalived(a!, all(200), { state: 'MASTER' });
  await elapse(8000);
  const backup = startKeepalived(b!, all(100), { state: 'BACKUP' });
  await elapse(settle);
  const shares = await cpuShares({ master, backup }, seconds);
  log(`keepalived: ${JSON.stringify(shares)}`);
  if (!master.running || !backup.running)
    throw new Error(`keepalived ended:\n${master.text}\n${backup.text}`);
  const shown = a!.ip('-o', '-4', 'address', 'show').split('\n').length;
  if (shown < 1020) throw new Error(`keepalived has ${shown} addresses`);
  return shares;
}
