import { Module } from '../../../../core/index.js';

/** Runs in the kernel, and offers one of its methods. */
@Module({ name: 'ledger', offers: ['book'] })
export class Ledger {
  readonly entries: string[] = [];

  book(what: string, amount: number): { what: string; total: number } {
    this.entries.push(`${what} ${amount}`);
    return { what, total: this.entries.length };
  }

  burn(): void {
    this.entries.length = 0;
  }
}
