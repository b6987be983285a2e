import type { Instrument } from './instruments.js';
import type { MetricFamily, MetricType, SampleSink } from './text/family.js';
import { labelText } from './text/labels.js';

/** Series of one family; a module that labels by what strangers send must not exhaust the kernel, nor Prometheus. */
export const MAX_SERIES = 10_000;

/** A family and its series, one for each combination of label values that was asked for. */
export class Labelled<I extends Instrument, L extends string = string> implements MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly #labels: readonly L[];
  readonly #make: () => I;
  readonly #collect: ((family: Labelled<I, L>) => void) | undefined;
  readonly #series = new Map<string, I>();

  /** Made by {@link Metrics}. */
  constructor(
    { name, help, type }: Pick<MetricFamily, 'name' | 'help' | 'type'>,
    labels: readonly L[],
    make: () => I,
    collect?: (family: Labelled<I, L>) => void,
  ) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.#labels = labels;
    this.#make = make;
    this.#collect = collect;
  }

  /**
   * The series with these label values, made at the first call. Keep it where it is used often. Beyond 10,000 series new
   * ones are not shown.
   */
  with(values: Readonly<Record<L, string | number>>): I {
    const key = this.#key(values);
    const found = this.#series.get(key);
    if (found !== undefined) return found;
    const made = this.#make();
    if (this.#series.size < MAX_SERIES) this.#series.set(key, made);
    return made;
  }

  /** Removes a series. @returns whether there was one */
  delete(values: Readonly<Record<L, string | number>>): boolean {
    return this.#series.delete(this.#key(values));
  }

  /** Removes all series. */
  clear(): void {
    this.#series.clear();
  }

  write(sink: SampleSink): void {
    this.#collect?.(this);
    for (const [labels, instrument] of this.#series) instrument.write(sink, labels);
  }

  #key(values: Readonly<Record<L, string | number>>): string {
    return labelText(Object.fromEntries(this.#labels.map((label) => [label, String(values[label])])));
  }
}
