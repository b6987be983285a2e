import { CarpetError, inject, injectable, Scope } from '../../core/index.js';
import { MetricMaker } from './maker.js';
import { MetricsModule } from './module.js';

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
  /** Made by the loader. @throws CarpetError EDEPEND when the module that injects it does not depend on MetricsModule */
  constructor(@inject(MetricsModule) module: MetricsModule, @inject(Scope) scope: Scope) {
    if (!module.running)
      throw new CarpetError(
        'EDEPEND',
        `${scope.name} injects Metrics but does not name its module: add MetricsModule to depends`,
      );
    super(module.registry, scope);
  }
}
