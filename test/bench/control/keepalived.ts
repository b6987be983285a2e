import { elapse, type Frame, Laboratory, wallTime } from '../../lab/support/index.js';
import { Requests } from '../../lab/support/requests.js';
import type { Measurement } from '../bench.js';
import { hosts } from '../carp/common.js';
import { startKeepalived, vrrpAdvert } from '../carp/keepalived.js';

const SHARED = '10.99.0.1';
const MASTER = '10.88.0.1';

/**
 * What keepalived's restart and its reload show a client that asks every 10 ms, beside a BACKUP: the comparison for
 * `upgrade.*`. A restart is what an upgrade of its package is; a reload keeps the old program.
 */
export async function keepalivedRestarts(runs: number, log: (text: string) => void): Promise<Measurement[]> {
  await using lab = Laboratory.open();
  const [master, backup, client] = hosts(lab, 3);
  for (const host of [master!, backup!]) Requests.allowAnswers(host);
  client!.ip('route', 'add', '10.99.0.0/16', 'dev', 'eth0');
  const start = () => startKeepalived(master!, [{ vrid: 1, priority: 200 }], { state: 'MASTER' });
  let program = start();
  startKeepalived(backup!, [{ vrid: 1, priority: 100 }], { state: 'BACKUP' });
  const requests = new Requests(client!, SHARED);
  await requests.answered(10_000);
  await elapse(2000);
  const capture = await lab.capture('proto 112 or icmp or udp', lab.switch, lab.port(client!));
  const act = async (change: () => Promise<void>): Promise<Sight> => {
    const from = wallTime();
    for (let run = 0; run < runs; run++) {
      await change();
      await elapse(6000);
    }
    return sightOf(capture.where(({ time }) => time > from && time < wallTime() - 50));
  };
  const reload = await act(async () => program.kill('SIGHUP'));
  const restart = await act(async () => {
    await program.end('SIGTERM');
    program = start();
  });
  log(`keepalived: reload ${JSON.stringify(reload)}, restart ${JSON.stringify(restart)}, ${runs} of each`);
  return Object.entries({ reload, restart }).flatMap(([what, { lost, gap }]) => [
    { id: `upgrade.keepalived_${what}.lost_requests`, value: lost / runs, unit: 'requests' },
    { id: `upgrade.keepalived_${what}.gap_ms.max`, value: gap, unit: 'ms' },
  ]);
}

interface Sight {
  readonly lost: number;
  /** The longest time between two advertisements of the MASTER, ms. */
  readonly gap: number;
  /** Advertisements of the other. */
  readonly others: number;
}

function sightOf(frames: readonly Frame[]): Sight {
  const sent = frames.filter(vrrpAdvert(1));
  const times = sent.filter(({ ip }) => ip!.source === MASTER).map(({ time }) => time);
  const asked = frames.filter(({ ip }) => ip?.protocol === 17 && ip.destination === SHARED).length;
  const answered = frames.filter(({ ip }) => ip?.protocol === 1 && ip.source === SHARED).length;
  return {
    lost: Math.max(0, asked - answered),
    gap: Math.max(...times.slice(1).map((time, i) => time - times[i]!)),
    others: sent.length - times.length,
  };
}
