import type { HistoryRecord } from './history.js';
import type { Change } from './plan/change.js';
import type { Problem } from './problem.js';

/** What applying the files would do. */
export interface Difference {
  readonly changes: readonly Change[];
  readonly warnings: readonly Problem[];
}

/** What applying has done. */
export interface Applied extends Difference {
  readonly record: HistoryRecord;
  /** When it is taken back unless confirmed, wall time in ms; undefined when it stands. */
  readonly confirmUntil: number | undefined;
}

/** How settings are applied. */
export interface ApplyOptions {
  /** Takes everything back after so many ms unless `confirm` is called: nobody locks himself out. Default: never. */
  readonly timeoutMs?: number;
}

/** The settings in force. */
export interface Shown {
  /** The files put together, as YAML, without secrets. */
  readonly text: string;
  readonly record: HistoryRecord | undefined;
  readonly confirmUntil: number | undefined;
}
