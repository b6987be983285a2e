/** Metrics for Prometheus, and a class with which modules add their own. */
export { MetricCounter, MetricGauge, MetricHistogram, TIME_BUCKETS } from './instruments.js';
export { Labelled } from './labelled.js';
export {
  type BucketOptions,
  type LabelledOptions,
  MetricMaker,
  type MetricOptions,
  type ReadGaugeOptions,
  type ReadGaugesOptions,
} from './maker.js';
export { Metrics } from './metrics.js';
export { MetricsModule } from './module.js';
export type { MetricsSettings } from './settings.js';
export type { MetricFamily, MetricType, SampleSink } from './text/family.js';
export type { MetricsFormat } from './text/writer.js';
