import type { MetricMaker } from '../maker.js';

/** The process, under the names that Prometheus's own libraries use. @param startedAt seconds since 1970 */
export function addProcess(metrics: MetricMaker, startedAt: number): void {
  metrics.add({
    name: 'process_cpu_seconds',
    help: 'processor time of all threads',
    type: 'counter',
    write(sink) {
      const { user, system } = process.cpuUsage();
      sink.sample('_total', '', (user + system) / 1e6);
    },
  });
  metrics.gauge({
    name: 'process_resident_memory_bytes',
    help: 'resident memory',
    collect: () => process.memoryUsage.rss(),
  });
  metrics.gauge({
    name: 'process_start_time_seconds',
    help: 'when the process was started, in seconds since 1970',
    collect: () => startedAt,
  });
}
