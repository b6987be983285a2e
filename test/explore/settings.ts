import type { CarpVhidOptions } from '../../modules/carp/index.js';

/** What is explored: hosts on one segment that share one address. */
export interface ExploreSettings {
  /** advskew of each host. */
  readonly skews: readonly number[];
  readonly preempt: boolean;
  readonly election: NonNullable<CarpVhidOptions['election']>;
  /** Decisions in a row. */
  readonly depth: number;
  /** How many hosts may crash, one after another. Each may start again. */
  readonly crashes: number;
  /** How far an advertisement may be late, in ms. */
  readonly delayMs: number;
  /** How far a timer may be late, so that another host's comes first, in ms. */
  readonly lateMs: number;
}

/** Others may overtake it. A seal that is a second older than another that was heard is refused anyway. */
const DELAY_MS = 900;
/** A host on which much else runs. */
const LATE_MS = 50;

export const EXPLORE_DEFAULTS = { crashes: 1, delayMs: DELAY_MS, lateMs: LATE_MS } as const;
