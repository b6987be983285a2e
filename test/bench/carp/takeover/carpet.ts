/** Forty vhids in one carpet, whose deadlines lie 23 ms apart, so that each takes over by itself. */
import { CarpetCarp } from '../../../lab/support/carpet-carp.js';
import { elapse, Laboratory, waitFor } from '../../../lab/support/index.js';
import { carpAdvert, hosts, lladdrOf, vhid } from '../common.js';
import { readTakeover, type Takeover } from './reading.js';

const NUMBERS = Array.from({ length: 40 }, (_, i) => i + 1);
const SPACING = 6;

export async function carpetTakeovers(): Promise<Takeover[]> {
  await using lab = Laboratory.open();
  const [a, b] = hosts(lab, 2);
  const capture = await lab.capture('proto 112 or arp');
  const advskew = (number: number): number => (number - 1) * SPACING;
  const master = new CarpetCarp(
    a!,
    NUMBERS.map((number) => vhid(number, { advskew: advskew(number) })),
  );
  const masters = (carp: CarpetCarp): number => carp.lines.filter(({ to }) => to === 'MASTER').length;
  await waitFor('masters', 10_000, () => masters(master) === NUMBERS.length);
  const backup = new CarpetCarp(
    b!,
    NUMBERS.map((number) => vhid(number, { advskew: advskew(number) + 1 })),
  );
  await backup.reaches('BACKUP', 5000);
  await elapse(2500);
  master.program.kill('SIGKILL');
  await waitFor('takeovers', 10_000, () => masters(backup) === NUMBERS.length);
  await elapse(200);
  const ends = { killed: '10.88.0.1', successor: '10.88.0.2', lladdr: lladdrOf(b!) };
  return NUMBERS.map((number) =>
    readTakeover(capture, ends, {
      address: `10.99.0.${number}`,
      advert: carpAdvert(number),
      dead: 3000 + ((advskew(number) + 1) * 1000) / 256,
    }),
  );
}
