/**
 * How late a takeover is: from the deadline (3 × advbase + advskew/256 after the last advertisement on the wire) to the
 * successor's first advertisement on the wire, and from there to its gratuitous ARP. Forty vhids, whose deadlines lie
 * 23 ms apart, so that each takes over by itself; the master is killed.
 */
import { CarpetCarp } from '../../lab/support/carpet-carp.js';
import { elapse, isGratuitous, Laboratory, waitFor } from '../../lab/support/index.js';
import type { Measurement } from '../bench.js';
import { advertsOf, hosts, quantile, vhid } from './common.js';

const VHIDS = 40;
const SPACING = 6;

export async function takeover(rounds: number, log: (line: string) => void): Promise<Measurement[]> {
  const lateness: number[] = [];
  const lag: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await measure(lateness, lag);
    log(`takeover: ${lateness.length} samples`);
  }
  return [
    { id: 'carp.lateness.p50_ms', value: quantile(lateness, 0.5), unit: 'ms' },
    { id: 'carp.lateness.p99_ms', value: quantile(lateness, 0.99), unit: 'ms' },
    { id: 'carp.garp_lag.p50_ms', value: quantile(lag, 0.5), unit: 'ms' },
    { id: 'carp.garp_lag.p99_ms', value: quantile(lag, 0.99), unit: 'ms' },
  ];
}

async function measure(lateness: number[], lag: number[]): Promise<void> {
  await using lab = Laboratory.open();
  const [a, b] = hosts(lab, 2);
  const capture = await lab.capture('proto 112 or arp');
  const all = (first: number) =>
    Array.from({ length: VHIDS }, (_, i) => vhid(i + 1, { advskew: i * SPACING + first }));
  const master = new CarpetCarp(a!, all(0));
  const masters = (carp: CarpetCarp): number => carp.lines.filter(({ to }) => to === 'MASTER').length;
  await waitFor('masters', 10_000, () => masters(master) === VHIDS);
  const backup = new CarpetCarp(b!, all(1));
  await backup.reaches('BACKUP', 5000);
  await elapse(2500);
  master.program.kill('SIGKILL');
  await waitFor('takeovers', 10_000, () => masters(backup) === VHIDS);
  await elapse(200);
  for (let i = 0; i < VHIDS; i++) {
    const last = advertsOf(capture, '10.88.0.1', i + 1).at(-1);
    const first = advertsOf(capture, '10.88.0.2', i + 1)[0];
    const arp = capture.frames.find(
      (frame) => isGratuitous(frame, `10.99.0.${i + 1}`) && frame.time >= (first?.time ?? 0),
    );
    if (last === undefined || first === undefined || arp === undefined)
      throw new Error(`vhid ${i + 1} is not in the capture`);
    lateness.push(first.time - (last.time + 3000 + ((i * SPACING + 1) * 1000) / 256));
    lag.push(arp.time - first.time);
  }
}
