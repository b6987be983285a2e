import { CarpetError, type VerbCaller } from '../../../core/index.js';

/**
 * A few places for those who look on at what costs the kernel's thread time for each event: every user may, and no number
 * of them may take that time from the protocols. Root has places of its own, which nobody can take from it.
 */
export class Seats {
  readonly #max: number;
  readonly #taken = { root: 0, others: 0 };

  /** @param max of root, and of all others together */
  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a place until the result is disposed of. @throws CarpetError EBUSY when there is none */
  take({ uid }: VerbCaller): Disposable {
    const kind = uid === 0 ? 'root' : 'others';
    if (this.#taken[kind] >= this.#max)
      throw new CarpetError(
        'EBUSY',
        `${this.#max} others are looking on already: try again when one has left`,
      );
    this.#taken[kind]++;
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#taken[kind]--;
        held = false;
      },
    };
  }
}
