/**
 * The running kernel and its control socket: how soon it is ready, how fast it answers, how late advertisements are while
 * it is asked 10,000 times a second, how long a change of 1,020 vhids takes, and what it costs beside `carpet carp`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CarpetCarp } from '../lab/support/carpet-carp.js';
import { elapse, isAdvertisement, Laboratory, type Namespace, waitFor } from '../lab/support/index.js';
import { DatagramReceiver } from '../modules/host/support/datagram-receiver.js';
import type { Bench, Measurement } from './bench.js';
import { median } from './bench.js';
import { quantile, vhid, wire } from './carp/common.js';
import { peakResidentMiB } from './carp/process.js';
import { keepalivedRestarts } from './control/keepalived.js';
import { UpHost, type UpVhid } from './control/up-host.js';
import { scaleUpgrades } from './control/upgrade-scale.js';
import { upgrades } from './control/upgrades.js';

const INTERFACES = ['eth0', 'eth1', 'eth2', 'eth3'];
const RATE = 10_000;

export const bench: Bench = async ({ quick, log }) => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-bench-'));
  const out: Measurement[] = [];
  const ms = (id: string, value: number): void => void out.push({ id, value, unit: 'ms' });
  try {
    await using lab = Laboratory.open();
    const [host] = wire(lab, INTERFACES);
    const ready = await readiness(host!, folder, quick ? 3 : 15);
    ms('boot.ready_ms', median(ready));
    log(`ready after ${ready.map((each) => each.toFixed(0)).join(' ')} ms`);
    out.push(...(await memory(host!, folder, quick ? 5 : 30)));
    const status = await statusTimes(host!, folder, quick ? 100 : 2000);
    ms('control.status_ms.p50', quantile(status, 0.5));
    ms('control.status_ms.p99', quantile(status, 0.99));
    out.push(...(await underLoad(lab, host!, folder, quick ? 5 : 30, log)));
    ms('reload.1020_vhids_ms', await reload(host!, folder, quick ? 1 : 5, log));
    out.push(...(await upgrades(quick ? 3 : 50, log)));
    out.push(...(await keepalivedRestarts(quick ? 1 : 5, log)));
    out.push(...(await scaleUpgrades(quick ? 1 : 5, log)));
    return out;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

function numbers(count: number, ifname = 'eth0'): UpVhid[] {
  return Array.from({ length: count }, (_, i) => ({ ifname, vhid: i + 1 }));
}

/** From the start of the process to READY=1, ms. */
async function readiness(host: Namespace, folder: string, runs: number): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    using manager = new DatagramReceiver(join(folder, 'notify.sock'));
    const began = performance.now();
    const up = new UpHost(host, folder, numbers(1), {
      env: { NOTIFY_SOCKET: manager.name },
    });
    await waitFor('READY=1', 10_000, () => manager.all().some((text) => text.includes('READY=1')));
    times.push(performance.now() - began);
    await up.program.end('SIGTERM');
  }
  return times;
}

/** The memory of a kernel with CARP and a control socket, and of `carpet carp` with the same vhid. */
async function memory(host: Namespace, folder: string, seconds: number): Promise<Measurement[]> {
  const up = new UpHost(host, folder, numbers(1));
  await up.masters(1, 10_000);
  await elapse(seconds * 1000);
  const upMiB = peakResidentMiB(up.program.pid);
  await up.program.end('SIGTERM');
  const carp = new CarpetCarp(host, [vhid(1)]);
  await carp.reaches('MASTER', 10_000);
  await elapse(seconds * 1000);
  const carpMiB = peakResidentMiB(carp.program.pid);
  await carp.program.end('SIGTERM');
  return [
    { id: 'up.rss_mib', value: upMiB, unit: 'MiB' },
    { id: 'up.rss_mib.carpet_carp', value: carpMiB, unit: 'MiB' },
  ];
}

/** Milliseconds that `GET /v1/carp` takes, one after another, each over a connection of its own as the commands do. */
async function statusTimes(host: Namespace, folder: string, count: number): Promise<number[]> {
  const up = new UpHost(host, folder, numbers(1));
  await up.masters(1, 10_000);
  const times: number[] = [];
  for (let i = 0; i < count + 10; i++) {
    const began = performance.now();
    await up.carp();
    if (i >= 10) times.push(performance.now() - began);
  }
  await up.program.end('SIGTERM');
  return times;
}

/** How late the advertisements of fifty vhids are while the socket is asked without end. */
async function underLoad(
  lab: Laboratory,
  host: Namespace,
  folder: string,
  seconds: number,
  log: (line: string) => void,
): Promise<Measurement[]> {
  const up = new UpHost(host, folder, numbers(50));
  await up.masters(50, 10_000);
  await elapse(2000);
  const quiet = await latenesses(lab, host, seconds);
  const script = fileURLToPath(new URL('control/requests.js', import.meta.url));
  const args = [up.socket, '/v1/carp', String(RATE), String(seconds + 3), '100'];
  const asker = host.node(script, args);
  await asker.waitForLine(/asking/, 5000);
  await elapse(1000);
  const loaded = await latenesses(lab, host, seconds);
  await asker.exited;
  const counts = JSON.parse(asker.matching(/^\{/)[0]!.text) as Record<
    'sent' | 'answered' | 'refused',
    number
  >;
  log(`asked ${JSON.stringify(counts)} in ${seconds + 3} s`);
  const rss = peakResidentMiB(up.program.pid);
  await up.program.end('SIGTERM');
  return [
    { id: 'control.late_idle_ms.p99', value: quantile(quiet, 0.99), unit: 'ms' },
    { id: 'control.late_under_load_ms.p50', value: quantile(loaded, 0.5), unit: 'ms' },
    { id: 'control.late_under_load_ms.p99', value: quantile(loaded, 0.99), unit: 'ms' },
    { id: 'control.late_under_load_ms.max', value: Math.max(...loaded), unit: 'ms' },
    { id: 'control.answered_per_s', value: counts.answered / (seconds + 3), unit: '1/s' },
    { id: 'control.rss_under_load_mib', value: rss, unit: 'MiB' },
  ];
}

/** How late each advertisement is, against a schedule of one second that the most punctual of its vhid set. */
async function latenesses(lab: Laboratory, host: Namespace, seconds: number): Promise<number[]> {
  const capture = await lab.capture('ip proto 112 and src 10.88.0.1', host, 'eth0');
  await elapse(seconds * 1000);
  await capture.stop();
  const times = new Map<number, number[]>();
  for (const frame of capture.where((each) => isAdvertisement(each))) {
    const number = frame.advertisement!.vhid;
    times.set(number, [...(times.get(number) ?? []), frame.time]);
  }
  return [...times.values()].flatMap((each) => {
    const offsets = each.map((time) => time - each[0]! - Math.round((time - each[0]!) / 1000) * 1000);
    const earliest = Math.min(...offsets);
    return offsets.map((offset) => offset - earliest);
  });
}

/** Median of `apply` with another advskew for each of 1,020 vhids, ms. */
async function reload(
  host: Namespace,
  folder: string,
  runs: number,
  log: (line: string) => void,
): Promise<number> {
  const all = INTERFACES.flatMap((ifname) => numbers(255, ifname));
  const up = new UpHost(host, folder, all);
  await up.masters(1020, 60_000);
  const changes = up.program.matching(/ -> /).length;
  const times: number[] = [];
  for (let run = 1; run <= runs; run++) {
    up.write(all, run);
    const began = performance.now();
    await up.call('config.apply');
    times.push(performance.now() - began);
    await elapse(1000);
  }
  log(`applied in ${times.map((each) => each.toFixed(0)).join(' ')} ms`);
  if (up.program.matching(/ -> /).length > changes)
    throw new Error('a change of advskew made a vhid fail over');
  await up.program.end('SIGTERM');
  return median(times);
}
