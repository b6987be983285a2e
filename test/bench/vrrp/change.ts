/**
 * From the signal that ends a MASTER to its successor's first advertisement on the wire, carpet to carpet and keepalived
 * to keepalived. SIGTERM, at one advertisement a second: it sends priority 0, and the successor waits for its skew, which
 * is 609 ms with the default priority of 100, and 12 ms with 253. SIGKILL, at ten advertisements a second and priority
 * 253: the successor waits 301 ms from the last one on, which is 0 to 100 ms old.
 */
import {
  elapse,
  type Frame,
  Laboratory,
  type Namespace,
  type Program,
  wallTime,
} from '../../lab/support/index.js';
import { type Measurement, median } from '../bench.js';
import { hosts } from '../carp/common.js';
import { startKeepalived, vrrpAdvert } from '../carp/keepalived.js';
import { startCarpet } from './carpet.js';

const MASTER_PRIORITY = 254;
const DETECTION_MS = 100;

type Start = (host: Namespace, priority: number, interval: number) => Program;

const DAEMONS: Readonly<Record<string, Start>> = {
  '': (host, priority, interval) => startCarpet(host, [{ vrid: 1, priority }], interval),
  'keepalived.': (host, priority, interval) =>
    startKeepalived(host, [{ vrid: 1, priority }], { state: 'BACKUP', interval: interval / 1000 }),
};

interface Change {
  readonly start: Start;
  readonly priority: number;
  readonly interval: number;
  readonly end: (program: Program) => void;
}

const terminate = (program: Program): void => program.kill('SIGTERM');
/** keepalived's child would say good-bye if only its parent died. */
const crash = (program: Program): void => program.destroy();

export async function changes(rounds: number, log: (line: string) => void): Promise<Measurement[]> {
  const found: Measurement[] = [];
  for (const [infix, start] of Object.entries(DAEMONS)) {
    const times = async (change: Omit<Change, 'start'>, count: number): Promise<number[]> => {
      const ms: number[] = [];
      while (ms.length < count) ms.push(await measure({ start, ...change }));
      log(`${infix}${change.interval} ms, ${change.priority}: ${ms.map((one) => one.toFixed(1)).join(' ')}`);
      return ms;
    };
    const [best, usual] = [
      await times({ priority: 253, interval: 1000, end: terminate }, rounds),
      await times({ priority: 100, interval: 1000, end: terminate }, rounds),
    ];
    const detected = await times({ priority: 253, interval: DETECTION_MS, end: crash }, 3 * rounds);
    found.push(
      { id: `vrrp.handover.${infix}ms`, value: median(best), unit: 'ms' },
      { id: `vrrp.handover.${infix}prio100_ms`, value: median(usual), unit: 'ms' },
      { id: `vrrp.detect_10cs_ms.${infix}p50`, value: median(detected), unit: 'ms' },
      { id: `vrrp.detect_10cs_ms.${infix}worst`, value: Math.max(...detected), unit: 'ms' },
    );
  }
  return found.map((one) => ({ ...one, id: one.id === 'vrrp.handover.ms' ? 'vrrp.handover_ms' : one.id }));
}

async function measure({ start, priority, interval, end }: Change): Promise<number> {
  await using lab = Laboratory.open();
  const [a, b] = hosts(lab, 2);
  const capture = await lab.capture('proto 112');
  const from = (source: string) => (frame: Frame) => frame.ip?.source === source && vrrpAdvert(1)(frame);
  const leaving = start(a!, MASTER_PRIORITY, interval);
  await capture.waitFor('the master', 10_000, from('10.88.0.1'));
  start(b!, priority, interval);
  await elapse(1500 + Math.random() * interval);
  const seen = capture.frames.length;
  const told = wallTime();
  end(leaving);
  const first = await capture.waitFor('the successor', 8000, from('10.88.0.2'), seen);
  return first.time - told;
}
