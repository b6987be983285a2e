import { elapse, Laboratory, wallTime } from '../../lab/support/index.js';
import { Requests } from '../../lab/support/requests.js';
import { seen, UpgradedHost } from '../../lab/support/upgrade.js';
import type { Measurement } from '../bench.js';

const SHARED = '10.88.0.100';

/** A MASTER is replaced by a new process again and again, while a client asks the shared address every 10 ms. */
export async function upgrades(runs: number, log: (text: string) => void): Promise<Measurement[]> {
  const after: (() => void | Promise<void>)[] = [];
  const owner = { after: (fn?: unknown) => void after.push(fn as () => void) };
  try {
    const lab = Laboratory.open(owner);
    const [host, client] = ['a', 'c'].map((role, i) =>
      lab.host(role, { addresses: [`10.88.0.${i + 1}/24`], ipv6: false }),
    );
    Requests.allowAnswers(host!);
    const vhid = `{ifname: eth0, vhid: 1, passwordFile: pass, addresses: [${SHARED}/24]}`;
    const master = new UpgradedHost(host!, [vhid], owner);
    const capture = await lab.capture('proto 112 or icmp or udp', lab.switch, lab.port(client!));
    await master.start();
    await master.program.waitForLine(/-> MASTER/, 8000);
    await new Requests(client!, SHARED).answered(3000);
    const from = wallTime();
    const took: number[] = [];
    for (let run = 0; run < runs; run++) took.push(await master.replace());
    await elapse(1300);
    const sight = seen(capture, from, wallTime() - 50, '10.88.0.1', SHARED);
    log(
      `${runs} upgrades: ${JSON.stringify(sight)}; each took ${took.map((each) => each.toFixed(0)).join(' ')} ms`,
    );
    await master.program.end('SIGTERM');
    return [
      { id: 'upgrade.lost_requests', value: sight.lost, unit: 'requests' },
      { id: 'upgrade.gap_ms.max', value: sight.gap, unit: 'ms' },
    ];
  } finally {
    for (const end of after.toReversed()) await end();
  }
}
