import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Mutant, signature } from './mutation.js';

/** A mutant that no test can kill, or that none should. */
export interface Explanation {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** Why what it does is the same, or cannot be told apart. */
  readonly because: string;
}

/** The explanations in test/mutants/explained.json. */
export class Explanations {
  readonly #known: ReadonlyMap<string, Explanation>;

  constructor(root: string) {
    const text = readFileSync(join(root, 'test/mutants/explained.json'), 'utf8');
    const all = JSON.parse(text) as Explanation[];
    this.#known = new Map(all.map((each) => [signature(each), each]));
  }

  reason(mutant: Mutant): string | undefined {
    return this.#known.get(signature(mutant))?.because;
  }

  /** Explanations of survivors in these files that have not survived, or are no longer mutants. */
  stale(files: ReadonlySet<string>, survivors: readonly Mutant[]): Explanation[] {
    const seen = new Set(survivors.map(signature));
    return [...this.#known]
      .filter(([key, { file }]) => files.has(file) && !seen.has(key))
      .map(([, each]) => each);
  }
}
