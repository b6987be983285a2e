import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Likeness, type Mutant, signature } from './mutation.js';

/** A mutant that no test can kill, or that none should. */
export interface Explanation extends Likeness {
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

  reason(mutant: Likeness): string | undefined {
    return this.#known.get(signature(mutant))?.because;
  }

  /**
   * Explanations of what was noticed, or is no longer a mutant of its file.
   * @param all the mutants of the files, whether they were tried or not
   */
  stale(all: readonly Mutant[], noticed: ReadonlySet<number>): Explanation[] {
    const files = new Set(all.map(({ file }) => file));
    const unnoticed = new Set(all.filter(({ id }) => !noticed.has(id)).map(signature));
    return [...this.#known.values()].filter(
      (each) => files.has(each.file) && !unnoticed.has(signature(each)),
    );
  }
}
