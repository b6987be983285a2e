/**
 * What a module in a thread has got from offers and is to dispose of. The thing itself cannot cross: its number stands for
 * it, and it is disposed of with the thread at the latest.
 */
export class Loans implements Disposable {
  readonly #lent = new Map<number, Disposable>();
  #last = 0;
  #closed = false;

  /** @returns its number; undefined for what is not to be disposed of. What comes after the end is disposed of at once */
  lend(result: unknown): number | undefined {
    if (typeof result !== 'object' || result === null || !(Symbol.dispose in result)) return undefined;
    this.#lent.set(++this.#last, result as Disposable);
    if (this.#closed) this.giveBack(this.#last);
    return this.#last;
  }

  /** A number that stands for nothing is ignored. */
  giveBack(lent: number): void {
    const thing = this.#lent.get(lent);
    this.#lent.delete(lent);
    thing?.[Symbol.dispose]();
  }

  /** The thread has ended. */
  [Symbol.dispose](): void {
    this.#closed = true;
    for (const lent of this.#lent.keys()) this.giveBack(lent);
  }
}
