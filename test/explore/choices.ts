/** One decision of a run: which of how many alternatives was taken. */
interface Decision {
  readonly of: number;
  readonly taken: number;
}

/**
 * The decisions of one run of the world: a prefix that is given, and 0, the alternative in which nothing goes wrong, from
 * there on. `next` gives the prefix of the next run of a depth-first search through all of them.
 */
export class Choices {
  readonly #prefix: readonly number[];
  readonly #taken: Decision[] = [];

  /** @param depth decisions after which there is nothing to choose any more */
  constructor(
    prefix: readonly number[],
    readonly depth: number,
  ) {
    this.#prefix = prefix;
  }

  /** Takes one of `of` alternatives. With one alternative there is nothing to decide. */
  take(of: number): number {
    if (of < 2 || this.left === 0) return 0;
    const taken = this.#prefix[this.#taken.length] ?? 0;
    this.#taken.push({ of, taken });
    return taken;
  }

  /** Decisions that may still be made. */
  get left(): number {
    return this.depth - this.#taken.length;
  }

  /** Whether what comes now was seen by no run before: the last decision of the prefix is new. */
  get isNew(): boolean {
    return this.#taken.length >= this.#prefix.length;
  }

  /** The decisions so far, to make them again. */
  get path(): readonly number[] {
    return this.#taken.map(({ taken }) => taken);
  }

  /** The prefix of the run that comes next; undefined: there is none. */
  next(): number[] | undefined {
    const path = [...this.#taken];
    for (let last = path.pop(); last !== undefined; last = path.pop()) {
      if (last.taken + 1 < last.of) return [...path.map(({ taken }) => taken), last.taken + 1];
    }
    return undefined;
  }
}
