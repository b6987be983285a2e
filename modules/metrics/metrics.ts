import { inject, injectable, Log, Scope } from '../../core/index.js';
import { MetricMaker } from './maker.js';
import { MetricsModule } from './module.js';
import { Publisher, type Sheets } from './publisher.js';
import type { MetricRegistry } from './registry.js';

/**
 * Metrics of a module's own. A module names {@link MetricsModule} in `depends` and injects this class; what it adds goes
 * when it is unloaded.
 *
 *     constructor(@inject(Metrics) metrics: Metrics) {
 *       this.#calls = metrics.counter({ name: 'pager_calls', help: 'people paged' });
 *     }
 */
@injectable()
export class Metrics extends MetricMaker {
  /** Made by the loader, for a module that depends on MetricsModule. */
  constructor(
    @inject(MetricsModule) module: MetricsModule | Sheets,
    @inject(Scope) scope: Scope,
    @inject(Log) log: Log,
  ) {
    super(tableOf(module, scope, log), scope);
  }
}

function tableOf(module: MetricsModule | Sheets, scope: Scope, log: Log): MetricRegistry | Publisher {
  // In an address space of its own a module gets a stand-in for the one of the kernel outside.
  if (!(module instanceof MetricsModule)) return new Publisher(module, scope, log);
  return module.registry;
}
