import { Module } from '../../../../core/index.js';

/** Runs in the kernel, and offers one of its methods. */
@Module({ name: 'ledger', offers: ['book', 'hold'] })
export class Ledger {
  readonly entries: string[] = [];
  readonly held = new Set<string>();

  book(what: string, amount: number): { what: string; total: number } {
    this.entries.push(`${what} ${amount}`);
    return { what, total: this.entries.length };
  }

  /** Holds something until the result is disposed of. */
  hold(what: string): { what: string } & Disposable {
    this.held.add(what);
    return { what, [Symbol.dispose]: () => void this.held.delete(what) };
  }

  burn(): void {
    this.entries.length = 0;
  }
}
