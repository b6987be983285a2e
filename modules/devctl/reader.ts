import type { Log } from '../../core/index.js';
import type { DevEventInfo } from './queue.js';

/**
 * Takes records, oldest first.
 * @param dropped how many were lost since the last batch, because the queue was full
 */
export type ReadRecords = (records: readonly DevEventInfo[], dropped: number) => void;

/** Who holds /dev/devctl open. Dispose of it to let the next one in; what is queued stays queued. */
export class DevctlReader implements Disposable {
  readonly #read: ReadRecords;
  readonly #log: Log;
  readonly #closed: () => void;
  #open = true;

  /** @internal Made by `DevctlModule.open`. */
  constructor(read: ReadRecords, log: Log, closed: () => void) {
    this.#read = read;
    this.#log = log;
    this.#closed = closed;
  }

  /** @internal A reader that throws has lost its batch, and only that. */
  deliver(records: readonly DevEventInfo[], dropped: number): void {
    try {
      this.#read(records, dropped);
    } catch (error) {
      this.#log.error(`the reader of ${records.length} records failed: ${String(error)}`);
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#closed();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
