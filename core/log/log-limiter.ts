/** Limits the memory that a stranger can fill by provoking ever new causes. */
const MAX_CAUSES = 4096;

interface Cause {
  since: number;
  held: number;
}

/** Remembers for each cause when a line was last printed, and how many were suppressed since. */
export class LogLimiter {
  readonly #causes = new Map<string, Cause>();

  /**
   * @param now monotonic milliseconds
   * @returns how many lines of this cause were suppressed before this one; undefined: suppress this one too
   */
  pass(cause: string, interval: number, now: number): number | undefined {
    const known = this.#causes.get(cause);
    if (known !== undefined && now - known.since < interval) {
      known.held++;
      return undefined;
    }
    if (known === undefined && this.#causes.size >= MAX_CAUSES) this.#forgetOldest();
    this.#causes.delete(cause);
    this.#causes.set(cause, { since: now, held: 0 });
    return known?.held ?? 0;
  }

  /** A Map iterates in the order of insertion, and {@link pass} inserts anew: the first key is the oldest. */
  #forgetOldest(): void {
    const [oldest] = this.#causes.keys();
    if (oldest !== undefined) this.#causes.delete(oldest);
  }
}
