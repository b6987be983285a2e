import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { elapse, isAdvertisement, Laboratory } from '../../lab/support/index.js';
import type { Measurement } from '../bench.js';
import { wire } from '../carp/common.js';
import { UpHost } from './up-host.js';

const INTERFACES = ['eth0', 'eth1', 'eth2', 'eth3'];

/** A MASTER of 1,020 vhids is replaced by a new process beside its BACKUP. */
export async function scaleUpgrades(runs: number, log: (text: string) => void): Promise<Measurement[]> {
  const folders = ['a', 'b'].map((role) => mkdtempSync(join(tmpdir(), `carpet-bench-${role}-`)));
  try {
    await using lab = Laboratory.open();
    const [host, peer] = wire(lab, INTERFACES);
    const vhids = INTERFACES.flatMap((ifname) =>
      Array.from({ length: 255 }, (_, i) => ({ ifname, vhid: i + 1 })),
    );
    let master = new UpHost(host!, folders[0]!, vhids);
    await master.masters(vhids.length, 60_000);
    const backup = new UpHost(peer!, folders[1]!, vhids, { advskew: 100 });
    await backup.program.waitForLine(/settings 1 in force/, 30_000);
    await elapse(5000);
    const transitions = backup.program.matching(/ -> /).length;
    const capture = await lab.capture('ip proto 112 and src 10.88.0.1', peer, 'eth0');
    const stood: number[] = [];
    let mib = 0;
    for (let run = 0; run < runs; run++) {
      await elapse(2000);
      const next = new UpHost(host!, folders[0]!, vhids, { options: ['--replace'] });
      await next.program.waitForLine(/listening on/, 30_000);
      const { text } = await master.program.waitForLine(/handed over .* stood still/, 1000);
      const [, size, ms] = /handed over (\S+) MiB, and stood still for (\d+) ms/.exec(text)!;
      stood.push(Number(ms));
      mib = Number(size);
      await master.program.exited;
      master = next;
    }
    await elapse(2500);
    await capture.stop();
    const times = new Map<number, number[]>();
    for (const { advertisement, time } of capture.where((each) => isAdvertisement(each)))
      times.set(advertisement!.vhid, [...(times.get(advertisement!.vhid) ?? []), time]);
    const gaps = [...times.values()].map((each) =>
      Math.max(...each.slice(1).map((time, i) => time - each[i]!)),
    );
    const failovers = backup.program.matching(/ -> /).length - transitions;
    log(`1,020 vhids: ${mib} MiB, stood still for ${stood.join(' ')} ms, ${failovers} changes at the peer`);
    if (failovers > 0) throw new Error('an upgrade of 1,020 vhids made the peer fail over');
    await Promise.all([master, backup].map(({ program }) => program.end('SIGKILL')));
    return [
      { id: 'upgrade.scale1020.gap_ms.max', value: Math.max(...gaps), unit: 'ms' },
      { id: 'upgrade.scale1020.still_ms.max', value: Math.max(...stood), unit: 'ms' },
      { id: 'upgrade.scale1020.state_mib', value: mib, unit: 'MiB' },
    ];
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true });
  }
}
