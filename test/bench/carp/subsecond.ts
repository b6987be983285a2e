/** A pair at advbase 0, advskew 5: an advertisement every 19.5 ms, dead after 58.6 ms. Every change of state is false. */
import { CarpetCarp } from '../../lab/support/carpet-carp.js';
import { elapse, Laboratory } from '../../lab/support/index.js';
import type { Measurement } from '../bench.js';
import { hosts, vhid } from './common.js';

export async function subsecond(seconds: number, log: (line: string) => void): Promise<Measurement[]> {
  await using lab = Laboratory.open();
  const [a, b] = hosts(lab, 2);
  const options = { advbase: 0, advskew: 5 };
  const pair = [new CarpetCarp(a!, [vhid(1, options)])];
  await pair[0]!.reaches('MASTER', 5000);
  pair.push(new CarpetCarp(b!, [vhid(1, options)]));
  await pair[1]!.reaches('BACKUP', 5000);
  await elapse(1000);
  const changes = (): number => pair.flatMap((carp) => carp.lines).filter(({ to }) => to === 'MASTER').length;
  const before = changes();
  await elapse(seconds * 1000);
  const failovers = changes() - before;
  log(`subsecond: ${failovers} false failovers in ${seconds} s`);
  return [
    { id: 'carp.subsecond.false_failovers', value: failovers, unit: 'failovers' },
    { id: 'carp.subsecond.seconds', value: seconds, unit: 's' },
  ];
}
