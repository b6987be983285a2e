/** Where mutated code looks for its switch. */
const KEY = Symbol.for('carpet.mutants');

/** No mutant has this number. */
export const NONE = -1;

/** Which mutant is active in this process, and which code has been reached. */
export class Switch {
  active = NONE;
  readonly #reached: Uint8Array;

  constructor(mutants: number) {
    this.#reached = new Uint8Array(mutants);
  }

  /** From now on mutated code asks this switch. */
  install(): void {
    Object.assign(globalThis, {
      [KEY]: (id: number): boolean => {
        this.#reached[id] = 1;
        return id === this.active;
      },
    });
  }

  /** The mutants whose code ran since the last time. */
  take(): number[] {
    const ids = [...this.#reached.keys()].filter((id) => this.#reached[id] === 1);
    this.#reached.fill(0);
    return ids;
  }
}
