import { CarpetError } from '../../core/index.js';
import type { SampleSink } from './text/family.js';

/** One series, or the few of one histogram. */
export interface Instrument {
  /** Gives the samples as they are now. */
  write(sink: SampleSink, labels: string): void;
}

/** Counts what happens. */
export class MetricCounter implements Instrument {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  /** @throws RangeError when `n` is negative or no number: a counter only rises */
  add(n = 1): void {
    if (!(n >= 0)) throw new RangeError(`a counter cannot rise by ${n}`);
    this.#value += n;
  }

  write(sink: SampleSink, labels: string): void {
    sink.sample('_total', labels, this.#value);
  }
}

/** A value that goes up and down. It is left out until it was set. */
export class MetricGauge implements Instrument {
  #value: number | undefined;

  get value(): number | undefined {
    return this.#value;
  }

  /** @param value undefined leaves the gauge out from now on */
  set(value: number | undefined): void {
    this.#value = value;
  }

  /** Adds to the value, or with a negative number takes away. */
  add(n = 1): void {
    this.#value = (this.#value ?? 0) + n;
  }

  write(sink: SampleSink, labels: string): void {
    if (this.#value !== undefined) sink.sample('', labels, this.#value);
  }
}

/** Counts values by size. */
export class MetricHistogram implements Instrument {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** @throws CarpetError EINVAL when the bounds do not ascend */
  constructor(bounds: readonly number[]) {
    if (bounds.length === 0 || bounds.some((bound, i) => !(bound > (bounds[i - 1] ?? -Infinity))))
      throw new CarpetError('EINVAL', `the buckets of a histogram must ascend: ${bounds.join(', ')}`);
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  get sum(): number {
    return this.#sum;
  }

  /** Counts a value; what is no number is ignored. */
  observe(value: number): void {
    if (Number.isNaN(value)) return;
    let i = 0;
    while (i < this.#bounds.length && value > this.#bounds[i]!) i++;
    this.#counts[i]!++;
    this.#sum += value;
  }

  write(sink: SampleSink, labels: string): void {
    const before = labels === '' ? '' : `${labels},`;
    let below = 0;
    this.#counts.forEach((count, i) => {
      below += count;
      sink.sample('_bucket', `${before}le="${boundText(this.#bounds[i])}"`, below);
    });
    sink.sample('_sum', labels, this.#sum);
    sink.sample('_count', labels, below);
  }
}

/** OpenMetrics writes a whole bound as `1.0`. */
function boundText(bound: number | undefined): string {
  if (bound === undefined || bound === Infinity) return '+Inf';
  return Number.isInteger(bound) ? bound.toFixed(1) : String(bound);
}

/** Bounds for times in seconds, from one millisecond to ten seconds. */
export const TIME_BUCKETS: readonly number[] = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10,
];
