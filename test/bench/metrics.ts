/** What a scrape costs the kernel, in processor time. */

import { Kernel, VirtualClock } from '../../core/index.js';
import { MetricsModule } from '../../modules/metrics/index.js';
import { type Bench, median } from './bench.js';

const SERIES = 1000;

export const bench: Bench = async ({ quick, log }) => {
  await using kernel = new Kernel({ clock: new VirtualClock() });
  const { registry } = await kernel.load(MetricsModule);
  for (let i = samples(registry.render('openmetrics')); i < SERIES; i++)
    kernel.sysctl.counter(`net.bench.stats.counter${i}`, `counter number ${i} of a benchmark`).add(i * 997);
  const times: number[] = [];
  for (let run = 0; run < (quick ? 50 : 500); run++)
    times.push(cpuMs(() => Buffer.byteLength(registry.render('openmetrics'))));
  log(`${samples(registry.render('openmetrics'))} series, ${registry.render('openmetrics').length} bytes`);
  return [
    { id: 'metrics.render_1000_series_cpu_ms.first', value: times[0]!, unit: 'ms' },
    { id: 'metrics.render_1000_series_cpu_ms.p50', value: median(times), unit: 'ms' },
    { id: 'metrics.render_1000_series_cpu_ms.max', value: Math.max(...times), unit: 'ms' },
  ];
};

function samples(text: string): number {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
}

/** Processor time of the whole process, its garbage collector and compiler included. */
function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
