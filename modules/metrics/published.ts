/**
 * @module
 * Metrics from another address space. There a {@link Publisher} writes the families of a module once a second; here a
 * {@link Sheet} holds what it wrote last. What crosses is checked, since it is shown among the kernel's own: a name is a
 * name, a label a label.
 */
import * as v from 'valibot';
import { CarpetError, describe, type Log } from '../../core/index.js';
import type { MetricRegistry } from './registry.js';
import type { MetricFamily, SampleSink } from './text/family.js';

/** Families of one module in another address space. */
const MAX_FAMILIES = 100;
/** Samples of all of them. */
const MAX_SAMPLES = 2_000;

const LABELS = /^(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*"(?:,(?=[a-zA-Z_])|$))*$/;

const samplesSchema = v.array(
  v.tuple([
    v.picklist(['', '_total', '_bucket', '_sum', '_count']),
    v.pipe(v.string(), v.maxLength(1_000), v.regex(LABELS)),
    v.union([v.number(), v.nan()]),
  ]),
);

/** One family with its samples of a moment: suffix, labels, value. */
export const writtenFamily = v.object({
  name: v.pipe(v.string(), v.maxLength(200), v.regex(/^[a-zA-Z_]\w*$/)),
  help: v.pipe(v.string(), v.maxLength(500)),
  type: v.picklist(['counter', 'gauge', 'histogram']),
  samples: samplesSchema,
});

export type WrittenFamily = v.InferOutput<typeof writtenFamily>;
type Sample = WrittenFamily['samples'][number];

/** The family as it is now. */
export function written(family: MetricFamily): WrittenFamily {
  const samples: WrittenFamily['samples'] = [];
  family.write({
    sample: (suffix, labels, value) => void samples.push([suffix as Sample[0], labels, value]),
  });
  const { name, help, type } = family;
  return { name, help, type, samples };
}

/** The families that one module in another address space has published. */
export class Sheet implements Disposable {
  readonly #registry: MetricRegistry;
  readonly #log: Pick<Log, 'limited'>;
  readonly #families = new Map<string, Published>();
  #samples = 0;
  #closed = false;

  constructor(registry: MetricRegistry, log: Pick<Log, 'limited'>) {
    this.#registry = registry;
    this.#log = log;
  }

  /**
   * A family as it is now. One whose name another metric has waits until that has gone.
   * @throws CarpetError EINVAL for what is no family, ENOSPC for too many
   */
  write(given: unknown): void {
    if (this.#closed) return;
    const { success, output, issues } = v.safeParse(writtenFamily, given);
    if (!success) throw new CarpetError('EINVAL', `a metric cannot be shown: ${issues[0].message}`);
    const found = this.#families.get(output.name);
    const more = output.samples.length - (found?.size ?? 0);
    if ((found === undefined && this.#families.size >= MAX_FAMILIES) || this.#samples + more > MAX_SAMPLES)
      throw new CarpetError(
        'ENOSPC',
        `the metric ${output.name} is not shown: a module in a worker has at most ${MAX_FAMILIES} metrics and ` +
          `${MAX_SAMPLES} series`,
      );
    const family = found ?? new Published(output);
    family.samples = output.samples;
    this.#samples += more;
    this.#families.set(output.name, family);
    this.#show(family);
  }

  /** The module no longer has it. */
  erase(name: string): void {
    const family = this.#families.get(name);
    if (family === undefined) return;
    this.#samples -= family.size;
    this.#families.delete(name);
    family.shown?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const name of this.#families.keys()) this.erase(name);
  }

  #show(family: Published): void {
    try {
      family.shown ??= this.#registry.add(family);
    } catch (error) {
      this.#log.limited(`metric ${family.name}`).warning(describe(error));
    }
  }
}

class Published implements MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: WrittenFamily['type'];
  samples: WrittenFamily['samples'] = [];
  shown: Disposable | undefined;

  constructor({ name, help, type }: WrittenFamily) {
    this.name = name;
    this.help = help;
    this.type = type;
  }

  get size(): number {
    return this.samples.length;
  }

  write(sink: SampleSink): void {
    for (const [suffix, labels, value] of this.samples) sink.sample(suffix, labels, value);
  }
}
