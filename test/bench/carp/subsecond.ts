/**
 * A pair at advbase 0, advskew 5: an advertisement every 19.5 ms, dead after 58.6 ms. Beside it, in the same seconds, a
 * pair of keepalived at 0.02 s and priorities that make it dead after 60.2 ms. Every change of state is false. ucarp
 * cannot do it: with advbase 0 its deadline is a single interval, and it reads packets once a second. A pair with the
 * same options has two MASTERs nearly all the time; what is counted, in ten seconds of its own, is how often one of
 * them becomes it, about once for each time it reads.
 */
import { CarpetCarp } from '../../lab/support/carpet-carp.js';
import { elapse, Laboratory, type Program } from '../../lab/support/index.js';
import type { Measurement } from '../bench.js';
import { hosts, vhid } from './common.js';
import { startKeepalived } from './keepalived.js';
import { cpuShares } from './process.js';
import { startUcarp } from './ucarp.js';

interface Pair {
  readonly master: Program;
  readonly backup: Program;
  /** The line that one of them writes whenever it becomes MASTER. */
  readonly line: RegExp;
}

export async function subsecond(seconds: number, log: (line: string) => void): Promise<Measurement[]> {
  return [...(await steady(seconds, log)), ...(await flapping(10, log))];
}

async function steady(seconds: number, log: (line: string) => void): Promise<Measurement[]> {
  await using ourLab = Laboratory.open();
  await using theirLab = Laboratory.open();
  const ours = await carpetPair(ourLab);
  const theirs = await keepalivedPair(theirLab);
  await elapse(1000);
  const failovers = [ours, theirs].map(failoversFromNow);
  const programs = { master: ours.master, backup: ours.backup };
  const beside = { 'keepalived.master': theirs.master, 'keepalived.backup': theirs.backup };
  const shares = await cpuShares({ ...programs, ...beside }, seconds);
  const [our, their] = failovers.map((count) => count());
  log(`subsecond: ${our} false failovers in ${seconds} s, keepalived ${their}`);
  return [
    { id: 'carp.subsecond.false_failovers', value: our!, unit: 'failovers' },
    { id: 'carp.subsecond.keepalived.false_failovers', value: their!, unit: 'failovers' },
    { id: 'carp.subsecond.seconds', value: seconds, unit: 's' },
    ...Object.entries(shares).map(([who, share]) => ({
      id: `carp.subsecond.${who}.cpu`,
      value: 100 * share,
      unit: '%',
    })),
  ];
}

async function flapping(seconds: number, log: (line: string) => void): Promise<Measurement[]> {
  await using lab = Laboratory.open();
  const failovers = failoversFromNow(await ucarpPair(lab));
  await elapse(seconds * 1000);
  const value = failovers();
  log(`subsecond: ucarp changed hands ${value} times in ${seconds} s`);
  return [
    { id: 'carp.subsecond.ucarp.failovers', value, unit: 'failovers' },
    { id: 'carp.subsecond.ucarp.seconds', value: seconds, unit: 's' },
  ];
}

function failoversFromNow({ master, backup, line }: Pair): () => number {
  const count = (): number => [master, backup].flatMap((program) => program.matching(line)).length;
  const before = count();
  return () => count() - before;
}

async function carpetPair(lab: Laboratory): Promise<Pair> {
  const [a, b] = hosts(lab, 2);
  const options = { advbase: 0, advskew: 5 };
  const master = new CarpetCarp(a!, [vhid(1, options)]);
  await master.reaches('MASTER', 5000);
  const backup = new CarpetCarp(b!, [vhid(1, options)]);
  await backup.reaches('BACKUP', 5000);
  return { master: master.program, backup: backup.program, line: /"to":"MASTER"/ };
}

async function keepalivedPair(lab: Laboratory): Promise<Pair> {
  const [a, b] = hosts(lab, 2);
  const line = /Entering MASTER STATE/;
  const start = (host: typeof a, state: 'MASTER' | 'BACKUP', priority: number): Program =>
    startKeepalived(host!, [{ vrid: 1, priority }], { state, interval: 0.02, log: true });
  const master = start(a, 'MASTER', 254);
  await master.waitForLine(line, 5000);
  const backup = start(b, 'BACKUP', 253);
  await backup.waitForLine(/Entering BACKUP STATE/, 5000);
  return { master, backup, line };
}

async function ucarpPair(lab: Laboratory): Promise<Pair> {
  const [a, b] = hosts(lab, 2);
  const line = /Switching to state: MASTER/;
  const master = startUcarp(a!, { source: '10.88.0.1', more: '-b 0 -k 5' });
  await master.waitForLine(line, 5000);
  const backup = startUcarp(b!, { source: '10.88.0.2', more: '-b 0 -k 5' });
  await backup.waitForLine(/Switching to state: BACKUP/, 5000);
  return { master, backup, line };
}
