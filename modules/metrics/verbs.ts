import type { Scope } from '../../core/index.js';
import { CONTENT_TYPES, type MetricsFormat } from './text/writer.js';

/** Offers `metrics` and `metrics.prometheus` for as long as the scope is open. */
export function registerMetricsVerbs(scope: Scope, render: (format: MetricsFormat) => string): void {
  const verb = (name: string, summary: string, format: MetricsFormat): void => {
    scope.verb({
      name,
      summary,
      access: 'read',
      contentType: CONTENT_TYPES[format],
      run: () => render(format),
      text: (text: string) => text,
    });
  };
  verb('metrics', 'show the metrics, as OpenMetrics text', 'openmetrics');
  verb('metrics.prometheus', 'show the metrics in the older text format of Prometheus', 'prometheus');
}
