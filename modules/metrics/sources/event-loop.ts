import { performance } from 'node:perf_hooks';
import type { Callout, Scope } from '../../../core/index.js';
import type { MetricMaker } from '../maker.js';

/** Between two probes: a stall of as long is always seen. */
const PROBE_MS = 250;

/**
 * How late callouts run, which is how long the event loop holds up what is due: a callout of its own measures it. And
 * how long the loop has worked, as Node counts it.
 */
export function addEventLoop(metrics: MetricMaker, scope: Scope): void {
  const delay = metrics.histogram({
    name: 'carpet_event_loop_delay_seconds',
    help: 'how late a callout that is due every 250 ms is called',
  });
  const probe: Callout = scope.callout('event loop probe', (late) => {
    delay.observe(late / 1000);
    probe.reset(PROBE_MS);
  });
  probe.reset(PROBE_MS);
  metrics.add({
    name: 'carpet_event_loop_active_seconds',
    help: 'time in which the event loop worked and did not wait',
    type: 'counter',
    write: (sink) => sink.sample('_total', '', performance.eventLoopUtilization().active / 1000),
  });
}
