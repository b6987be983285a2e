import type { CarpDemotable } from '../../carp/demotion/demotion.js';
import { CarpDemotionEntry, type CarpDemotionLine } from './line.js';
import type { CarpLedgerRecord } from './records.js';

/** Lines with the time of their entry, and what they sum up to. */
export class CarpDemotionLines {
  readonly #since = new Map<CarpDemotionLine, number>();
  /** Those that concern some vhids: few, and asked for each advertisement. */
  readonly #local = new Set<CarpDemotionLine>();

  /** In the order of their entry. */
  records(): CarpLedgerRecord[] {
    return [...this.#since].map(([line, since]) => ({ line, since }));
  }

  /** Those that do not concern every vhid. */
  get local(): ReadonlySet<CarpDemotionLine> {
    return this.#local;
  }

  /** The sum of what concerns every vhid. */
  get sum(): number {
    let sum = 0;
    for (const line of this.#since.keys()) if (line.global) sum += line.amount;
    return sum;
  }

  /** The sum of what concerns this vhid and not all of them. */
  localSum(vhid: CarpDemotable): number {
    let sum = 0;
    let largest = 0;
    for (const line of this.#local) {
      if (!line.concerns(vhid)) continue;
      if (line.shared === true) largest = Math.max(largest, line.amount);
      else sum += line.amount;
    }
    return sum + largest;
  }

  since(line: CarpDemotionLine): number | undefined {
    return this.#since.get(line);
  }

  add(line: CarpDemotionLine, since: number): void {
    this.#since.set(line, since);
    if (!line.global) this.#local.add(line);
  }

  /** @returns whether it was there */
  delete(line: CarpDemotionLine): boolean {
    this.#local.delete(line);
    return this.#since.delete(line);
  }

  /** Adds to an entry, which is replaced; one of 0 goes. */
  amend(entry: CarpDemotionEntry, delta: number): void {
    const { by, reason, target } = entry;
    const since = this.#since.get(entry)!;
    this.delete(entry);
    const amount = entry.amount + delta;
    if (amount !== 0) this.add(new CarpDemotionEntry(by, reason, amount, target), since);
  }

  /** The entry with the same owner, reason and target. */
  find(wanted: CarpDemotionLine): CarpDemotionEntry | undefined {
    for (const line of this.#since.keys())
      if (line instanceof CarpDemotionEntry && sameCause(line, wanted)) return line;
    return undefined;
  }
}

/** The same owner, reason and target. */
export function sameCause(a: CarpDemotionLine, b: CarpDemotionLine): boolean {
  return a.by === b.by && a.on === b.on && a.reason === b.reason;
}
