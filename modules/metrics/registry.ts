import { CarpetError, describe, type Log } from '../../core/index.js';
import { type MetricFamily, namesOf } from './text/family.js';
import { type MetricsFormat, MetricsWriter } from './text/writer.js';

/** Families that are made anew for each scrape. */
export interface MetricSource {
  families(): Iterable<MetricFamily>;
}

/**
 * The families of one kernel, in the order in which they were added. A family that throws, or whose name another one
 * has, is left out with a log line: one mistake must not cost an operator all the others.
 */
export class MetricRegistry {
  readonly #log: Pick<Log, 'limited'>;
  readonly #families = new Map<string, MetricFamily>();
  readonly #sources = new Set<MetricSource>();

  constructor(log: Pick<Log, 'limited'>) {
    this.#log = log;
  }

  /** @returns takes it away again @throws CarpetError EEXIST when another family has one of its names */
  add(family: MetricFamily): Disposable {
    const names = namesOf(family);
    const taken = names.find((name) => this.#families.has(name));
    if (taken !== undefined)
      throw new CarpetError('EEXIST', `the metric ${taken} exists already: give ${family.name} another name`);
    for (const name of names) this.#families.set(name, family);
    return {
      [Symbol.dispose]: () => {
        for (const name of names) if (this.#families.get(name) === family) this.#families.delete(name);
      },
    };
  }

  /** @returns takes it away again */
  addSource(source: MetricSource): Disposable {
    this.#sources.add(source);
    return { [Symbol.dispose]: () => void this.#sources.delete(source) };
  }

  /** All families as text. */
  render(format: MetricsFormat): string {
    const writer = new MetricsWriter(format);
    const taken = new Set(this.#families.keys());
    for (const family of new Set(this.#families.values())) this.#write(writer, family);
    for (const source of this.#sources) {
      for (const family of this.#familiesOf(source)) {
        const names = namesOf(family);
        if (names.some((name) => taken.has(name))) this.#leaveOut(family.name, 'another metric has its name');
        else this.#write(writer, family);
        for (const name of names) taken.add(name);
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
