/** What the watch of the kernel's thread costs, and how soon it sees what holds the thread up. */
import { setTimeout as elapse } from 'node:timers/promises';
import { Kernel } from '../../../core/index.js';
import { SoftlockupModule } from '../../../modules/softlockup/index.js';
import { type Measurement, median } from '../bench.js';

const THRESHOLD_MS = 500;
const STALL_MS = 1_500;

/** Spins. @returns the longest time in which it did not run, and when that ended */
function spin(): { readonly stopped: number; readonly seen: number } {
  const began = performance.now();
  let [stopped, seen, last] = [0, 0, began];
  while (last < began + STALL_MS) {
    const now = performance.now();
    if (now - last > stopped) [stopped, seen] = [now - last, now - began];
    last = now;
  }
  return { stopped, seen };
}

/** Milliseconds of processor that the process takes in a minute, idle. */
async function idleCpu(seconds: number): Promise<number> {
  const before = process.cpuUsage();
  await elapse(seconds * 1000);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) / 1000 / seconds) * 60;
}

export async function softlockupFigures(quick: boolean): Promise<Measurement[]> {
  let named = '';
  await using kernel = new Kernel({ log: ({ message }) => void (named = message) });
  const seconds = quick ? 5 : 20;
  await elapse(1_000);
  const [cpu, rss] = [await idleCpu(seconds), process.memoryUsage().rss];
  const began = performance.now();
  await kernel.load(SoftlockupModule);
  const loaded = performance.now() - began;
  await elapse(10_000);
  const [watchedCpu, watchedRss] = [await idleCpu(seconds), process.memoryUsage().rss];
  const stalls: ReturnType<typeof spin>[] = [];
  let wrong = 0;
  kernel.eventhandler.register(
    'bench_stall' as never,
    {
      name: 'spinner',
      handler: () => void stalls.push(spin()),
    } as never,
  );
  for (let i = 0; i < (quick ? 5 : 20); i++) {
    kernel.eventhandler.invoke('bench_stall' as never);
    await elapse(500);
    // One line a minute is logged for each handler: the first.
    if (!named.startsWith('handler spinner of bench_stall held up')) wrong++;
  }
  if (wrong > 0) throw new Error(`not named: ${named}`);
  return [
    {
      id: 'modules.softlockup.named_ms',
      value: median(stalls.map(({ seen }) => seen - THRESHOLD_MS)),
      unit: 'ms',
    },
    { id: 'modules.softlockup.stopped_ms.max', value: Math.max(...stalls.map((s) => s.stopped)), unit: 'ms' },
    { id: 'modules.softlockup.load_ms', value: loaded, unit: 'ms' },
    { id: 'modules.softlockup.idle_cpu_ms_per_min', value: watchedCpu - cpu, unit: 'ms' },
    { id: 'modules.softlockup.rss_mib', value: (watchedRss - rss) / 2 ** 20, unit: 'MiB' },
  ];
}
