/** Items that wait for one reader; beyond that the oldest are dropped, and the reader is told how many. */
const MAX_WAITING = 1000;

/**
 * A stream from something that happens to a reader who may be slow: `push` never blocks and never grows without
 * bound. Iterate it once; it ends when the signal aborts.
 *
 *     const feed = new Feed<LogRecord>(call.signal);
 *     using _ = messages.onRecord((record) => feed.push(record));
 *     yield* feed;
 */
export class Feed<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = [];
  readonly #signal: AbortSignal;
  readonly #dropped: ((count: number) => T) | undefined;
  #lost = 0;
  #wake: () => void = () => undefined;

  /** @param dropped makes the item that tells a slow reader how many it has missed */
  constructor(signal: AbortSignal, dropped?: (count: number) => T) {
    this.#signal = signal;
    this.#dropped = dropped;
  }

  push(item: T): void {
    if (this.#signal.aborted) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#waiting.shift();
      this.#lost++;
    }
    this.#waiting.push(item);
    this.#wake();
  }

  /** Counts an item that was not even made, as if it had been dropped. */
  miss(): void {
    this.#lost++;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    const wake = (): void => this.#wake();
    this.#signal.addEventListener('abort', wake);
    try {
      while (!this.#signal.aborted) {
        if (this.#lost > 0 && this.#dropped !== undefined) yield this.#dropped(this.#takeLost());
        else if (this.#waiting.length > 0) yield this.#waiting.shift()!;
        else await this.#next();
      }
    } finally {
      this.#signal.removeEventListener('abort', wake);
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }
}
