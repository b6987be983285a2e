/** The error of a test that does not end. */
export const HANGS = 'hangs';

/** What the process that tries mutants is told. */
export interface Order {
  readonly mutant: number;
  /** In the order in which they run. */
  readonly tests: readonly { readonly test: number; readonly limitMs: number }[];
  /** Whether the first failure ends it. */
  readonly bail: boolean;
}

/** Its start: the file declares everything that the process needs. */
export interface Assignment {
  /** Compiled test files. */
  readonly files: readonly string[];
  readonly mutants: number;
  /** Active already while the files are loaded. */
  readonly mutant: number;
  /** Of fast-check. */
  readonly seed: number;
}

/** What it says. */
export type Answer =
  | { readonly kind: 'loaded'; readonly tests: readonly string[]; readonly reached: readonly number[] }
  | { readonly kind: 'begins'; readonly test: number }
  | {
      readonly kind: 'ended';
      readonly test: number;
      readonly ms: number;
      /** Of the process's own processor time, in milliseconds. */
      readonly cpu: number;
      readonly error: string | undefined;
      readonly reached: readonly number[];
    }
  | { readonly kind: 'done' };
