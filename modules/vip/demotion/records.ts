import type { CarpDemotionStatus } from '../../carp/status.js';
import type { CarpDemotionLine } from './line.js';

/** A line in the ledger. */
export interface CarpLedgerRecord {
  readonly line: CarpDemotionLine;
  /** When it was entered, on the kernel's clock in ms. */
  readonly since: number;
}

/** A line for programs. @param now the kernel's clock in ms */
export function recordStatus({ line, since }: CarpLedgerRecord, now: number): CarpDemotionStatus {
  const { by, on, amount, reason } = line;
  return { by, on, amount, reason, age: Math.round(now - since) };
}
