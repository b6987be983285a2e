import { randomUUID } from 'node:crypto';
import { CarpetError, type Log } from '../../core/index.js';
import { Sheet } from './published.js';
import type { MetricRegistry } from './registry.js';

/** The sheets of all modules in other address spaces, each by a key that only its module knows. */
export class SheetTable {
  readonly #registry: MetricRegistry;
  readonly #log: Pick<Log, 'limited'>;
  readonly #sheets = new Map<string, Sheet>();

  constructor(registry: MetricRegistry, log: Pick<Log, 'limited'>) {
    this.#registry = registry;
    this.#log = log;
  }

  open(): { readonly key: string } & Disposable {
    const key = randomUUID();
    const sheet = new Sheet(this.#registry, this.#log);
    this.#sheets.set(key, sheet);
    return {
      key,
      [Symbol.dispose]: () => {
        this.#sheets.delete(key);
        sheet[Symbol.dispose]();
      },
    };
  }

  /** @throws CarpetError ENOENT */
  find(key: string): Sheet {
    const sheet = this.#sheets.get(key);
    if (sheet === undefined) throw new CarpetError('ENOENT', 'metrics: there is no such sheet');
    return sheet;
  }
}
