import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from './configuration.js';
import type { Change } from './plan/change.js';

/** How many configurations can be gone back to. */
const MAX_RECORDS = 10;

/** Why a configuration came into force. */
export type ApplyReason = 'boot' | 'apply' | 'undo';

/** One configuration that was in force. */
export interface HistoryRecord {
  /** Counts from 1, and never back. */
  readonly number: number;
  /** Wall time, milliseconds since 1970. */
  readonly time: number;
  readonly reason: ApplyReason;
  readonly changes: readonly Change[];
}

interface Entry extends HistoryRecord {
  readonly configuration: Configuration;
}

/** The configurations that were in force, the last one being it now. */
export class ApplyHistory {
  readonly #entries: Entry[] = [];
  #number = 0;

  /** The configuration in force; undefined before the first. */
  get current(): Configuration | undefined {
    return this.#entries.at(-1)?.configuration;
  }

  /** The one before it, which undo goes back to. */
  get previous(): Configuration | undefined {
    return this.#entries.at(-2)?.configuration;
  }

  list(): HistoryRecord[] {
    return this.#entries.map(({ configuration: _configuration, ...record }) => record);
  }

  /** What is applied again, without a change in the files or in the kernel, is in force as it was. */
  renew(configuration: Configuration, record: Omit<HistoryRecord, 'number'>): HistoryRecord {
    const isSame = isDeepStrictEqual(configuration.texts, this.current?.texts);
    return isSame && record.changes.length === 0 ? this.list().at(-1)! : this.add(configuration, record);
  }

  add(configuration: Configuration, record: Omit<HistoryRecord, 'number'>): HistoryRecord {
    const entry = { number: ++this.#number, ...record, configuration };
    this.#entries.push(entry);
    if (this.#entries.length > MAX_RECORDS) this.#entries.shift();
    const { configuration: _configuration, ...told } = entry;
    return told;
  }

  /** The previous configuration is in force again. */
  back(record: Omit<HistoryRecord, 'number'>): HistoryRecord {
    const { configuration } = this.#entries.at(-2)!;
    this.#entries.splice(-2);
    return this.add(configuration, record);
  }
}
