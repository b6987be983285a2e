import type { Clock, EventHandlerTracer, HandlerCall, HandlerWatch } from '../../../core/index.js';
import type { MetricCounter } from '../instruments.js';
import type { Labelled } from '../labelled.js';
import type { MetricMaker } from '../maker.js';

type HandlerLabel = 'list' | 'handler' | 'module';
const LABELS: readonly HandlerLabel[] = ['list', 'handler', 'module'];

/** Calls, errors and times of every handler. */
export class HandlerTimes implements EventHandlerTracer {
  readonly #clock: Clock;
  readonly #calls: Labelled<MetricCounter, HandlerLabel>;
  readonly #errors: Labelled<MetricCounter, HandlerLabel>;
  readonly #seconds: Labelled<MetricCounter, HandlerLabel>;

  constructor(metrics: MetricMaker, clock: Clock) {
    this.#clock = clock;
    const counter = (name: string, help: string) => metrics.counter({ name, help, labels: LABELS });
    this.#calls = counter('carpet_handler_calls', 'times that the handler was called');
    this.#errors = counter('carpet_handler_errors', 'times that it threw, or its promise was rejected');
    this.#seconds = counter(
      'carpet_handler_seconds',
      'time in which it held the thread, with all it invoked',
    );
  }

  handling({ list, handler, owner = '' }: HandlerCall): HandlerWatch {
    const labels = { list, handler, module: owner };
    const began = this.#clock.now();
    const ended = (outcome: { readonly error?: unknown }): void => {
      if ('error' in outcome) this.#errors.with(labels).add();
    };
    return {
      returned: (outcome) => {
        this.#calls.with(labels).add();
        this.#seconds.with(labels).add(Math.max(0, this.#clock.now() - began) / 1000);
        ended(outcome);
      },
      settled: ended,
    };
  }
}
