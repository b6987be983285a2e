import type { DemotionLine } from './line.js';

/** One cause of demotion. */
export interface DemotionStatus {
  /** Who demotes: `sysctl`, `operator`, `carp`, or the name of a module. */
  readonly by: string;
  /** What is demoted: `all`, `1@eth0`, `1@eth0, 2@eth0` or `group web`. */
  readonly on: string;
  /** Added to advskew, in 1/256 s; a negative number promotes. */
  readonly amount: number;
  /** In words. */
  readonly reason: string;
  /** Milliseconds since it began, where that is known. */
  readonly age?: number | undefined;
}

/** A line in the ledger. */
export interface DemotionRecord {
  readonly line: DemotionLine;
  /** When it was entered, on the kernel's clock in ms. */
  readonly since: number;
}

/** A line for programs. @param now the kernel's clock in ms */
export function recordStatus({ line, since }: DemotionRecord, now: number): DemotionStatus {
  const { by, on, amount, reason } = line;
  return { by, on, amount, reason, age: Math.round(now - since) };
}
