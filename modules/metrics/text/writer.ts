import type { MetricFamily, SampleSink } from './family.js';
import { escaped } from './labels.js';

/** OpenMetrics 1.0, and the older text format of Prometheus, which `promtool check metrics` reads. */
export type MetricsFormat = 'openmetrics' | 'prometheus';

/** The media types of the formats. */
export const CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
};

/** The first two lines of families, in one format. */
export type HeadTexts = WeakMap<MetricFamily, string>;

/**
 * Writes families as text. The formats differ in the head of a counter, which has `_total` in the older one, in the
 * quotes of a help text, and in the last line.
 */
export class MetricsWriter implements SampleSink {
  readonly #format: MetricsFormat;
  readonly #heads: HeadTexts;
  #text = '';
  #name = '';

  /** @param heads where the heads of families are kept from one scrape to the next */
  constructor(format: MetricsFormat, heads: HeadTexts) {
    this.#format = format;
    this.#heads = heads;
  }

  /** Writes a whole family, or, when that throws, nothing. */
  family(family: MetricFamily): void {
    const before = this.#text;
    this.#name = family.name;
    try {
      this.#text += this.#head(family);
      family.write(this);
    } catch (error) {
      this.#text = before;
      throw error;
    }
  }

  sample(suffix: string, labels: string, value: number): void {
    const braced = labels === '' ? '' : `{${labels}}`;
    this.#text += `${this.#name}${suffix}${braced} ${numberText(value)}\n`;
  }

  /** The text, complete. */
  end(): string {
    return this.#format === 'openmetrics' ? `${this.#text}# EOF\n` : this.#text;
  }

  #head(family: MetricFamily): string {
    let head = this.#heads.get(family);
    if (head === undefined) this.#heads.set(family, (head = this.#makeHead(family)));
    return head;
  }

  #makeHead({ name, type, help }: MetricFamily): string {
    const open = this.#format === 'openmetrics';
    const titled = type === 'counter' && !open ? `${name}_total` : name;
    const text = open ? escaped(help) : help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    return `# HELP ${titled} ${text}\n# TYPE ${titled} ${type}\n`;
  }
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}
