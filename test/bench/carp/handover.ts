/** From the SIGTERM that a carpet MASTER gets to the successor's first advertisement on the wire. */
import { CarpetCarp } from '../../lab/support/carpet-carp.js';
import { isAdvertisement, Laboratory, type Namespace, waitFor, wallTime } from '../../lab/support/index.js';
import { type Measurement, median } from '../bench.js';
import { hosts, PASSWORD, vhid } from './common.js';

export async function handover(rounds: number, log: (line: string) => void): Promise<Measurement[]> {
  const toCarpet: number[] = [];
  const toUcarp: number[] = [];
  for (let round = 0; round < rounds; round++) {
    toCarpet.push(await measure(startCarpet));
    toUcarp.push(await measure(startUcarp));
    log(`handover: ${toCarpet.at(-1)?.toFixed(1)} ms to carpet, ${toUcarp.at(-1)?.toFixed(0)} ms to ucarp`);
  }
  return [
    { id: 'carp.handover.carpet_ms', value: median(toCarpet), unit: 'ms' },
    { id: 'carp.handover.carpet_worst_ms', value: Math.max(...toCarpet), unit: 'ms' },
    { id: 'carp.handover.ucarp_ms', value: median(toUcarp), unit: 'ms' },
  ];
}

async function measure(startPeer: (host: Namespace) => Promise<unknown>): Promise<number> {
  await using lab = Laboratory.open();
  const [a, b] = hosts(lab, 2);
  const capture = await lab.capture('proto 112');
  const master = new CarpetCarp(a!, [vhid(1)]);
  await master.reaches('MASTER', 8000);
  await startPeer(b!);
  // The peer must have heard the master, at a phase that differs from round to round by how long it took to start.
  await capture.waitFor(
    'an advertisement',
    3000,
    (f) => isAdvertisement(f, '10.88.0.1'),
    capture.frames.length,
  );
  const from = capture.frames.length;
  const told = wallTime();
  master.program.kill('SIGTERM');
  const first = await capture.waitFor('the successor', 8000, (f) => isAdvertisement(f, '10.88.0.2'), from);
  return first.time - told;
}

async function startCarpet(host: Namespace): Promise<void> {
  await new CarpetCarp(host, [vhid(1, { advskew: 50 })]).reaches('BACKUP', 5000);
}

async function startUcarp(host: Namespace): Promise<void> {
  const options = `-i eth0 -v 1 -p ${PASSWORD} -a 10.99.0.1 -s 10.88.0.2 -f none -k 50`;
  const program = host.spawn(['ucarp', ...options.split(' ')]);
  await waitFor('ucarp', 5000, () => program.matching(/state: BACKUP/).length > 0);
}
