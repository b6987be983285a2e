/**
 * A benchmark is a file NAME.ts in this folder that exports `bench`; `npm run bench -- NAME` finds it by its name.
 * What it needs besides goes into a folder of the same name.
 */

/** One figure. The `id` is stable and starts with the benchmark's name: `dispatch.direct.4x1.ratio`. */
export interface Measurement {
  readonly id: string;
  readonly value: number;
  /** `ns`, `ms`, `B`, `1/s` … or `x` for a ratio. */
  readonly unit: string;
}

export interface BenchOptions {
  /** A rough answer within seconds, to see whether a change helps. The figures in the docs are never quick ones. */
  readonly quick: boolean;
  /** Progress for the one who waits, on stderr. */
  readonly log: (line: string) => void;
}

export type Bench = (options: BenchOptions) => Promise<Measurement[]>;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
