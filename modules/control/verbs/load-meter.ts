import type { Clock, EventHandlerTracer, HandlerCall, HandlerWatch } from '../../../core/index.js';

/** What a handler's calls have cost since the last report. */
export interface HandlerLoad {
  readonly list: string;
  readonly handler: string;
  /** The module that registered it. */
  readonly owner?: string;
  readonly calls: number;
  /** Milliseconds in which it held the thread, what it invoked included. */
  readonly ms: number;
  /** The longest call, ms. */
  readonly maxMs: number;
  /** Calls that threw. */
  readonly errors: number;
}

/** What a list has cost since the last report. */
export interface ListLoad extends Omit<HandlerLoad, 'handler' | 'owner'> {
  /** Times that it was invoked. */
  readonly events: number;
}

/** What was measured between two reports. */
export interface LoadReport {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** How long it was measured. */
  readonly seconds: number;
  readonly lists: readonly ListLoad[];
  readonly handlers: readonly HandlerLoad[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Measures how often lists are invoked, and how long their handlers hold the thread. */
export class LoadMeter implements EventHandlerTracer {
  readonly #clock: Clock;
  #since: number;
  #lists = new Map<string, Writable<ListLoad>>();
  #handlers = new Map<string, Writable<HandlerLoad>>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  invoked(list: string): void {
    this.#list(list).events++;
  }

  handling(call: HandlerCall): HandlerWatch {
    const loads = [this.#list(call.list), this.#handler(call)];
    const began = this.#clock.now();
    return {
      returned: (outcome) => {
        const ms = this.#clock.now() - began;
        for (const load of loads) {
          load.calls++;
          load.ms += ms;
          load.maxMs = Math.max(load.maxMs, ms);
          if ('error' in outcome) load.errors++;
        }
      },
    };
  }

  /** What was measured since the last report; the measurement begins anew. */
  report(sort: 'time' | 'rate'): LoadReport {
    const now = this.#clock.now();
    const lists = [...this.#lists.values()];
    const handlers = [...this.#handlers.values()];
    const report = {
      time: this.#clock.wallTime(),
      seconds: Math.max(now - this.#since, 1) / 1000,
      lists: lists.toSorted((a, b) => (sort === 'time' ? b.ms - a.ms : b.events - a.events)),
      handlers: handlers.toSorted((a, b) => (sort === 'time' ? b.ms - a.ms : b.calls - a.calls)),
    };
    this.#since = now;
    this.#lists = new Map();
    this.#handlers = new Map();
    return report;
  }

  #list(list: string): Writable<ListLoad> {
    let load = this.#lists.get(list);
    if (load === undefined) {
      load = { list, events: 0, calls: 0, ms: 0, maxMs: 0, errors: 0 };
      this.#lists.set(list, load);
    }
    return load;
  }

  #handler({ list, handler, owner }: HandlerCall): Writable<HandlerLoad> {
    const key = `${list} ${owner} ${handler}`;
    let load = this.#handlers.get(key);
    if (load === undefined) {
      load = {
        list,
        handler,
        ...(owner === undefined ? {} : { owner }),
        calls: 0,
        ms: 0,
        maxMs: 0,
        errors: 0,
      };
      this.#handlers.set(key, load);
    }
    return load;
  }
}
