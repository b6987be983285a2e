/**
 * A benchmark is a file NAME.ts in this folder that exports `bench`; `npm run bench -- NAME` finds it by its name.
 * What it needs besides goes into a folder of the same name. One that has no rounds of its own exports `rounds`: as often
 * it is run, and its figures are the medians.
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

/** What a benchmark's file exports. */
export interface BenchFile {
  readonly bench: Bench;
  readonly rounds?: number;
}

/** The figures of a benchmark: one round of it if it is to be quick. */
export async function figures(
  { bench, rounds = 1 }: BenchFile,
  options: BenchOptions,
): Promise<Measurement[]> {
  const found: Measurement[][] = [];
  for (let round = 1; round <= (options.quick ? 1 : rounds); round++) {
    if (rounds > 1) options.log(`round ${round} of ${options.quick ? 1 : rounds}`);
    found.push(await bench(options));
  }
  return medians(found);
}

/** Of each figure the median of the rounds that have it, in the order of the first round. */
export function medians(rounds: readonly (readonly Measurement[])[]): Measurement[] {
  const all = rounds.flat();
  const firsts = all.filter(({ id }, index) => all.findIndex((other) => other.id === id) === index);
  return firsts.map((first) => ({
    ...first,
    value: median(all.filter(({ id }) => id === first.id).map(({ value }) => value)),
  }));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
