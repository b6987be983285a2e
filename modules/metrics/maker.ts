import { CarpetError, type Scope } from '../../core/index.js';
import { type Instrument, MetricCounter, MetricGauge, MetricHistogram, TIME_BUCKETS } from './instruments.js';
import { Labelled } from './labelled.js';
import type { Shown } from './registry.js';
import type { MetricFamily, MetricType } from './text/family.js';

/** What a family is. */
export interface MetricOptions {
  /** Words joined by underscores, with the unit: `pager_calls`, `pager_delay_seconds`. A counter's `_total` is added. */
  readonly name: string;
  /** One line: what is counted or measured. */
  readonly help: string;
}

/** A family with labels. */
export interface LabelledOptions<L extends string> extends MetricOptions {
  /** Names of labels: what the series of the family differ in. */
  readonly labels: readonly L[];
}

/** A gauge that is read when it is asked for. */
export interface ReadGaugeOptions extends MetricOptions {
  /** Called at each scrape, which waits for it. undefined leaves the gauge out this time. */
  readonly collect: () => number | undefined;
}

/** Labelled gauges that are read when they are asked for. */
export interface ReadGaugesOptions<L extends string> extends LabelledOptions<L> {
  /** Called at each scrape, to set the gauges. */
  readonly collect: (family: Labelled<MetricGauge, L>) => void;
}

/** How a histogram is divided. */
export interface BucketOptions {
  /** Upper bounds, ascending; default: 1 ms to 10 s, for times in seconds. */
  readonly buckets?: readonly number[];
}

/** Where families are shown. */
interface FamilyTable {
  /** @returns takes it away again */
  add(family: MetricFamily): Disposable;
  /** What has names that the family wants. */
  others(family: MetricFamily): Shown[];
  /** A family that is not shown yet. */
  prepare(family: MetricFamily): Shown;
}

/** Adds families to the metrics of a kernel; they go when the scope closes. */
export class MetricMaker {
  readonly #registry: FamilyTable;
  readonly #scope: Scope;

  constructor(registry: FamilyTable, scope: Scope) {
    this.#registry = registry;
    this.#scope = scope;
  }

  /** @throws CarpetError EINVAL for a name that is none, EEXIST for one that another metric has */
  counter<L extends string>(options: LabelledOptions<L>): Labelled<MetricCounter, L>;
  counter(options: MetricOptions): MetricCounter;
  counter(options: MetricOptions & { labels?: readonly string[] }): unknown {
    return this.#make('counter', options, () => new MetricCounter());
  }

  /** @throws as `counter` */
  gauge<L extends string>(options: LabelledOptions<L> | ReadGaugesOptions<L>): Labelled<MetricGauge, L>;
  gauge(options: MetricOptions | ReadGaugeOptions): MetricGauge;
  gauge(
    options: MetricOptions & { labels?: readonly string[]; collect?: (family: never) => unknown },
  ): unknown {
    const { labels, collect } = options;
    const read = collect as ((family: Labelled<MetricGauge>) => unknown) | undefined;
    if (labels !== undefined || read === undefined)
      return this.#make('gauge', options, () => new MetricGauge(), read);
    return this.#make(
      'gauge',
      options,
      () => new MetricGauge(),
      (family) => family.with({}).set((read as () => number | undefined)()),
    );
  }

  /** @throws as `counter`, and EINVAL for buckets that do not ascend */
  histogram<L extends string>(options: LabelledOptions<L> & BucketOptions): Labelled<MetricHistogram, L>;
  histogram(options: MetricOptions & BucketOptions): MetricHistogram;
  histogram(options: MetricOptions & BucketOptions & { labels?: readonly string[] }): unknown {
    const buckets = options.buckets ?? TIME_BUCKETS;
    // Made once for its check of the buckets.
    void new MetricHistogram(buckets);
    return this.#make('histogram', options, () => new MetricHistogram(buckets));
  }

  /** Adds a family of one's own making. @throws as `counter` */
  add(family: MetricFamily): void {
    assertName(family.name);
    if (family.type === 'counter' && family.name.endsWith('_total'))
      throw new CarpetError(
        'EINVAL',
        `the metric ${family.name}: leave _total out, it is added to a counter`,
      );
    const others = this.#registry.others(family);
    if (others.length > 0 && this.#awaitTurn(this.#registry.prepare(family), others)) return;
    this.#scope.own(this.#registry.add(family));
  }

  /** In a reload the version before has the names until this one takes its place. */
  #awaitTurn(next: Shown, others: readonly Shown[]): boolean {
    const seat = {
      take() {
        for (const other of others) other.hide();
        next.show();
      },
      giveBack() {
        next.hide();
        for (const other of others) other.show();
      },
    };
    const forget = this.#scope.succeed(others, seat);
    if (forget === undefined) return false;
    this.#scope.own(next);
    this.#scope.defer(forget);
    return true;
  }

  #make<I extends Instrument>(
    type: MetricType,
    { name, help, labels = [] }: MetricOptions & { labels?: readonly string[] },
    make: () => I,
    collect?: (family: Labelled<I>) => unknown,
  ): Labelled<I> | I {
    const stray = labels.find((label) => !/^[a-zA-Z_]\w*$/.test(label) || label === 'le');
    if (stray !== undefined)
      throw new CarpetError('EINVAL', `the metric ${name}: "${stray}" is no name of a label, as peer is`);
    const family = new Labelled<I>({ name, help, type }, labels, make, collect);
    this.add(family);
    return labels.length === 0 ? family.with({}) : family;
  }
}

function assertName(name: string): void {
  if (!/^[a-zA-Z_]\w*$/.test(name))
    throw new CarpetError('EINVAL', `"${name}" is no name of a metric: words joined by _, as pager_calls`);
}
