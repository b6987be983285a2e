/** How the values of a family behave: a counter only rises, a gauge goes both ways, a histogram counts by size. */
export type MetricType = 'counter' | 'gauge' | 'histogram';

/** Takes the samples of the family at hand. */
export interface SampleSink {
  /**
   * @param suffix added to the family's name: `_total` for a counter, `_bucket`, `_sum` and `_count` for a histogram
   * @param labels as {@link labelText} makes them; empty for none
   */
  sample(suffix: string, labels: string, value: number): void;
}

/** One name with its samples, as a scrape shows them. */
export interface MetricFamily {
  /** Without `_total`. */
  readonly name: string;
  /** One line. */
  readonly help: string;
  readonly type: MetricType;
  /** Gives the samples as they are now. */
  write(sink: SampleSink): void;
}

const SUFFIXES: Readonly<Record<MetricType, readonly string[]>> = {
  counter: ['', '_total'],
  gauge: [''],
  histogram: ['', '_bucket', '_sum', '_count'],
};

/** All names that samples of the family can have: no other family may have one of them. */
export function namesOf({ name, type }: Pick<MetricFamily, 'name' | 'type'>): string[] {
  return SUFFIXES[type].map((suffix) => name + suffix);
}
