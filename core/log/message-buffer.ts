import { describe } from '../errors.js';
import type { LogRecord } from './log.js';

/** How many records a kernel keeps; beyond that it drops the oldest. */
const MAX_RECORDS = 1000;

/**
 * The kernel's message buffer, as dmesg(8) shows it: the newest log records, whether or not the log's sink wrote them,
 * and a subscription to new ones.
 */
export class MessageBuffer {
  readonly #records: LogRecord[] = [];
  readonly #listeners = new Set<(record: LogRecord) => void>();
  readonly #capacity: number;

  /** @param capacity how many records are kept */
  constructor(capacity = MAX_RECORDS) {
    this.#capacity = capacity;
  }

  add(record: LogRecord): void {
    this.#records.push(record);
    // Half at a time: shift() for every record would move the whole array each time.
    if (this.#records.length >= this.#capacity * 2) this.#records.splice(0, this.#capacity);
    for (const listener of this.#listeners) this.#tell(listener, record);
  }

  /** A listener that fails must not fail whoever logs, nor keep the record from the sink. It is not called again. */
  #tell(listener: (record: LogRecord) => void, record: LogRecord): void {
    try {
      listener(record);
    } catch (error) {
      this.#listeners.delete(listener);
      const message = `a listener of log records failed, and gets no more: ${describe(error)}`;
      this.add({ level: 'error', time: record.time, module: 'kernel', message });
    }
  }

  /** The records that are kept, oldest first. */
  list(): LogRecord[] {
    return this.#records.slice(-this.#capacity);
  }

  /**
   * Calls back with each new record, until disposed, or until it throws. The listener must not log: it would be called for its own
   * record.
   */
  onRecord(listener: (record: LogRecord) => void): Disposable {
    const entry = (record: LogRecord): void => listener(record);
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }
}
