import { EventHandler, inject, Module } from '../../../../core/index.js';
import {
  type Labelled,
  type MetricCounter,
  Metrics,
  MetricsModule,
} from '../../../../modules/metrics/index.js';

/** Has metrics of its own, in its worker. */
@Module({ name: 'gauger', depends: [MetricsModule] })
export class Gauger {
  readonly #metrics: Metrics;
  readonly #calls: Labelled<MetricCounter, 'what'>;

  constructor(@inject(Metrics) metrics: Metrics) {
    this.#metrics = metrics;
    this.#calls = metrics.counter({ name: 'gauger_calls', help: 'calls', labels: ['what'] });
    metrics.gauge({ name: 'gauger_taken', help: 'whose name is taken', collect: () => 1 });
    metrics.gauge({ name: 'carpet_carp_fake', help: 'a name of the kernel', collect: () => 1 });
    metrics.histogram({ name: 'gauger_seconds', help: 'times', buckets: [1, 2] }).observe(1.5);
  }

  @EventHandler('worker_test')
  onTest(what: unknown): void {
    if (what === 'die') process.exit(1);
    if (what !== 'flood') return this.#calls.with({ what: String(what) }).add();
    for (let i = 0; i < 3_000; i++) this.#calls.with({ what: `${'x'.repeat(50)}${String(i)}` }).add();
    for (let i = 0; i < 200; i++)
      this.#metrics.gauge({ name: `gauger_g${String(i)}`, help: 'one of many', collect: () => i });
  }
}
