/**
 * A pair that advertises every 10 centiseconds, and beside it, in the same minutes, a pair of keepalived, on a machine
 * whose processors are busy half of the time. Whoever becomes MASTER then has failed over for nothing.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { elapse, Laboratory, type Namespace, type Program } from '../../lab/support/index.js';
import type { Measurement } from '../bench.js';
import { hosts } from '../carp/common.js';
import { startKeepalived } from '../carp/keepalived.js';
import { startCarpet } from './carpet.js';

const INTERVAL_MS = 100;
const ROUTER = { vrid: 1 };
const BETTER = 150;
const WORSE = 100;

interface Daemon {
  readonly start: (host: Namespace, priority: number) => Program;
  /** Written whenever it becomes MASTER. */
  readonly line: RegExp;
}

const CARPET: Daemon = {
  start: (host, priority) => startCarpet(host, [{ ...ROUTER, priority }], INTERVAL_MS),
  line: /-> MASTER /,
};
const KEEPALIVED: Daemon = {
  start: (host, priority) =>
    startKeepalived(host, [{ ...ROUTER, priority }], {
      state: 'BACKUP',
      interval: INTERVAL_MS / 1000,
      log: true,
    }),
  line: /Entering MASTER STATE/,
};

export async function steady(seconds: number, log: (line: string) => void): Promise<Measurement[]> {
  await using ourLab = Laboratory.open();
  await using theirLab = Laboratory.open();
  const counts = [await failovers(ourLab, CARPET), await failovers(theirLab, KEEPALIVED)];
  const burner = fileURLToPath(new URL('burner.js', import.meta.url));
  for (let i = 0; i < availableParallelism(); i++) ourLab.switch.node(burner);
  await elapse(1000);
  const before = counts.map((count) => count());
  await elapse(seconds * 1000);
  const [ours, theirs] = counts.map((count, i) => count() - before[i]!);
  log(`steady: ${ours} false failovers in ${seconds} s, keepalived ${theirs}`);
  return [
    { id: 'vrrp.false_failovers', value: ours!, unit: 'failovers' },
    { id: 'vrrp.false_failovers.keepalived', value: theirs!, unit: 'failovers' },
    { id: 'vrrp.false_failovers.seconds', value: seconds, unit: 's' },
  ];
}

async function failovers(lab: Laboratory, { start, line }: Daemon): Promise<() => number> {
  const [a, b] = hosts(lab, 2);
  const master = start(a!, BETTER);
  await master.waitForLine(line, 10_000);
  const backup = start(b!, WORSE);
  await backup.waitForLine(/BACKUP/, 10_000);
  return () => [master, backup].flatMap((program) => program.matching(line)).length;
}
