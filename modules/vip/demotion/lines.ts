import type { Demotable } from './demotable.js';
import { DemotionEntry, type DemotionLine } from './line.js';
import type { DemotionRecord } from './records.js';

/** Lines with the time of their entry, and what they sum up to. */
export class DemotionLines {
  readonly #since = new Map<DemotionLine, number>();
  /** Those that concern some vhids: few, and asked for each advertisement. */
  readonly #local = new Set<DemotionLine>();

  /** In the order of their entry. */
  records(): DemotionRecord[] {
    return [...this.#since].map(([line, since]) => ({ line, since }));
  }

  /** Those that do not concern every vhid. */
  get local(): ReadonlySet<DemotionLine> {
    return this.#local;
  }

  /** The sum of what concerns every vhid. */
  get sum(): number {
    let sum = 0;
    for (const line of this.#since.keys()) if (line.global) sum += line.amount;
    return sum;
  }

  /** The sum of what concerns this vhid and not all of them. */
  localSum(vhid: Demotable): number {
    // Nearly always: to iterate over nothing would cost every advertisement an iterator.
    if (this.#local.size === 0) return 0;
    let sum = 0;
    let largest = 0;
    for (const line of this.#local) {
      if (!line.concerns(vhid)) continue;
      if (line.shared === true) largest = Math.max(largest, line.amount);
      else sum += line.amount;
    }
    return sum + largest;
  }

  /** Whether a line of this owner demotes the vhid. */
  demotes(by: string, vhid: Demotable): boolean {
    for (const line of this.#since.keys())
      if (line.by === by && (line.global || line.concerns(vhid))) return true;
    return false;
  }

  since(line: DemotionLine): number | undefined {
    return this.#since.get(line);
  }

  add(line: DemotionLine, since: number): void {
    this.#since.set(line, since);
    if (!line.global) this.#local.add(line);
  }

  /** @returns whether it was there */
  delete(line: DemotionLine): boolean {
    this.#local.delete(line);
    return this.#since.delete(line);
  }

  /** Adds to an entry, which is replaced; one of 0 goes. */
  amend(entry: DemotionEntry, delta: number): void {
    const { by, reason, target } = entry;
    const since = this.#since.get(entry)!;
    this.delete(entry);
    const amount = entry.amount + delta;
    if (amount !== 0) this.add(new DemotionEntry(by, reason, amount, target), since);
  }

  /** The entry with the same owner, reason and target. */
  find(wanted: DemotionLine): DemotionEntry | undefined {
    for (const line of this.#since.keys())
      if (line instanceof DemotionEntry && sameCause(line, wanted)) return line;
    return undefined;
  }
}

/** The same owner, reason and target. */
export function sameCause(a: DemotionLine, b: DemotionLine): boolean {
  return a.by === b.by && a.on === b.on && a.reason === b.reason;
}
