import { CarpetError, describe, type Log } from '../../core/index.js';
import { type MetricFamily, namesOf } from './text/family.js';
import { type HeadTexts, type MetricsFormat, MetricsWriter } from './text/writer.js';

/** Families that are asked for at each scrape. One that is given as the same object again costs less. */
export interface MetricSource {
  /** What the names of its families begin with, and no others. */
  readonly prefix: string;
  families(): Iterable<MetricFamily>;
}

/** A family that is shown, until it is disposed of. */
export interface Shown extends Disposable {
  /** Another one may have its names. */
  hide(): void;
  /** It has its names again, unless it has been disposed of. */
  show(): void;
}

/**
 * The families of one kernel, in the order in which they were added. A family that throws, or whose name another one
 * of its source has, is left out with a log line: one mistake must not cost an operator all the others.
 */
export class MetricRegistry {
  readonly #log: Pick<Log, 'limited'>;
  readonly #families = new Map<string, { readonly family: MetricFamily; readonly shown: Shown }>();
  readonly #sources = new Set<MetricSource>();
  /** Kept from one scrape to the next: they are two thirds of the text. */
  readonly #heads: Readonly<Record<MetricsFormat, HeadTexts>> = {
    openmetrics: new WeakMap(),
    prometheus: new WeakMap(),
  };

  constructor(log: Pick<Log, 'limited'>) {
    this.#log = log;
  }

  /**
   * @returns takes it away again
   * @throws CarpetError EEXIST when another family has one of its names, EINVAL for a name with the prefix of a source
   */
  add(family: MetricFamily): Shown {
    for (const { prefix } of this.#sources)
      if (family.name.startsWith(prefix))
        throw new CarpetError(
          'EINVAL',
          `the metric ${family.name}: names that begin with ${prefix} are the kernel's own`,
        );
    const [other] = this.others(family);
    if (other !== undefined) {
      const taken = namesOf(family).find((name) => this.#families.has(name));
      throw new CarpetError('EEXIST', `the metric ${taken} exists already: give ${family.name} another name`);
    }
    const shown = this.prepare(family);
    shown.show();
    return shown;
  }

  /** What has names that the family wants. */
  others(family: MetricFamily): Shown[] {
    const found = namesOf(family).flatMap((name) => this.#families.get(name)?.shown ?? []);
    return [...new Set(found)];
  }

  /** A family that is not shown yet. */
  prepare(family: MetricFamily): Shown {
    const names = namesOf(family);
    let disposed = false;
    const shown: Shown = {
      show: () => {
        if (!disposed) for (const name of names) this.#families.set(name, { family, shown });
      },
      hide: () => {
        for (const name of names) if (this.#families.get(name)?.shown === shown) this.#families.delete(name);
      },
      [Symbol.dispose]: () => {
        disposed = true;
        shown.hide();
      },
    };
    return shown;
  }

  /** @returns takes it away again */
  addSource(source: MetricSource): Disposable {
    this.#sources.add(source);
    return { [Symbol.dispose]: () => void this.#sources.delete(source) };
  }

  /** All families as text. */
  render(format: MetricsFormat): string {
    const writer = new MetricsWriter(format, this.#heads[format]);
    const families = [...this.#families.values()].map(({ family }) => family);
    for (const family of new Set(families)) this.#write(writer, family);
    for (const source of this.#sources) {
      const taken = new Set<string>();
      for (const family of this.#familiesOf(source)) {
        if (taken.has(family.name)) this.#leaveOut(family.name, 'another metric has its name');
        else this.#write(writer, family);
        taken.add(family.name);
      }
    }
    return writer.end();
  }

  #familiesOf(source: MetricSource): MetricFamily[] {
    try {
      return [...source.families()];
    } catch (error) {
      this.#leaveOut(source.constructor.name, describe(error));
      return [];
    }
  }

  #write(writer: MetricsWriter, family: MetricFamily): void {
    try {
      writer.family(family);
    } catch (error) {
      this.#leaveOut(family.name, describe(error));
    }
  }

  #leaveOut(name: string, why: string): void {
    this.#log.limited(`metric ${name}`).warning(`the metric ${name} is left out: ${why}`);
  }
}
