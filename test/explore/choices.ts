/** One decision: which of how many alternatives is taken. `of` is 0 in a path that was only given. */
interface Decision {
  readonly of: number;
  taken: number;
}

/**
 * The decisions of a run: those that an earlier run made up to where this one departs from it, which are made again, and 0,
 * the alternative in which nothing goes wrong, from there on. `advance` and `rewind` make of them those of the next run of a
 * depth-first search through all.
 */
export class Choices {
  readonly #decisions: Decision[];
  #made = 0;

  /**
   * @param path decisions to make
   * @param depth decisions after which there is nothing to choose any more
   */
  constructor(
    path: readonly number[],
    readonly depth: number,
  ) {
    this.#decisions = path.map((taken) => ({ of: 0, taken }));
  }

  /** Takes one of `of` alternatives. With one alternative there is nothing to decide. */
  take(of: number): number {
    if (of < 2 || this.left === 0) return 0;
    const decision = (this.#decisions[this.#made++] ??= { of, taken: 0 });
    return decision.taken;
  }

  /** How many decisions this run has made. */
  get made(): number {
    return this.#made;
  }

  /** Decisions that may still be made. */
  get left(): number {
    return this.depth - this.#made;
  }

  /** Whether what comes now was seen by no run before: the last decision in which this run departs was made. */
  get isNew(): boolean {
    return this.#made >= this.#decisions.length;
  }

  /** The decisions so far, to make them again. */
  get path(): readonly number[] {
    return this.#decisions.slice(0, this.#made).map(({ taken }) => taken);
  }

  /** The last decision that has an alternative left takes it. @returns which one that is; undefined: there is none */
  advance(): number | undefined {
    for (let last = this.#decisions.at(-1); last !== undefined; last = this.#decisions.at(-1)) {
      if (++last.taken < last.of) return this.#decisions.length - 1;
      this.#decisions.pop();
    }
    return undefined;
  }

  /** The run goes on from where so many decisions were made. */
  rewind(made: number): void {
    this.#made = made;
  }
}
