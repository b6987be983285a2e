import { describe, type Log, type Scope } from '../../core/index.js';
import { written } from './published.js';
import { MetricRegistry, type Shown } from './registry.js';
import type { MetricFamily } from './text/family.js';

/** How often the kernel outside gets what has changed. */
const INTERVAL_MS = 1_000;

/** Where the metrics of modules in other address spaces are shown. */
export interface Sheets {
  openSheet(): Promise<{ readonly key: string } & Disposable>;
  writeSheet(key: string, family: unknown): Promise<void>;
  eraseFromSheet(key: string, name: string): Promise<void>;
}

/** The metrics of a module in an address space of its own, written to the kernel outside once a second. */
export class Publisher {
  readonly #sheets: Sheets;
  readonly #log: Log;
  readonly #registry: MetricRegistry;
  /** Each with what was written of it last. */
  readonly #families = new Map<MetricFamily, string>();
  #sheet: Promise<{ readonly key: string }> | undefined;

  constructor(sheets: Sheets, scope: Scope, log: Log) {
    this.#sheets = sheets;
    this.#log = log;
    this.#registry = new MetricRegistry(log);
    scope.every('metrics', INTERVAL_MS, () => this.#publish());
  }

  /** As {@link MetricRegistry.add}. A name that the kernel outside has in use is reported in its log. */
  add(family: MetricFamily): Disposable {
    const added = this.#registry.add(family);
    this.#families.set(family, '');
    return {
      [Symbol.dispose]: () => {
        added[Symbol.dispose]();
        this.#families.delete(family);
        void this.#erase(family).catch(() => undefined);
      },
    };
  }

  /** None: each version of a module has an address space, and a publisher, of its own. */
  others(): Shown[] {
    return [];
  }

  prepare(family: MetricFamily): Shown {
    return this.#registry.prepare(family);
  }

  async #publish(): Promise<void> {
    const key = await this.#open();
    for (const [family, before] of this.#families) {
      try {
        const now = written(family);
        const text = JSON.stringify(now);
        if (text === before) continue;
        await this.#sheets.writeSheet(key, now);
        if (this.#families.has(family)) this.#families.set(family, text);
      } catch (error) {
        this.#log.limited(`metric ${family.name}`).warning(describe(error));
      }
    }
  }

  /** One that could not be opened is tried again the next time. */
  async #open(): Promise<string> {
    this.#sheet ??= this.#sheets.openSheet();
    try {
      return (await this.#sheet).key;
    } catch (error) {
      this.#sheet = undefined;
      throw error;
    }
  }

  async #erase({ name }: MetricFamily): Promise<void> {
    if (this.#sheet !== undefined) await this.#sheets.eraseFromSheet((await this.#sheet).key, name);
  }
}
