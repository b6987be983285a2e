/** The part of all places that users other than root may take together. */
const OF_OTHERS = 0.9;
const REMEDY = 'end one, as what tap, top or dmesg -f follows';

/** A limited number of places, of which one user takes some only: nobody locks out the others, and nobody root. */
export class Places {
  readonly #max: number;
  readonly #perUser: number;
  readonly #ofUser = new Map<number, number>();
  #taken = 0;

  /** @param perUser of one user who is not root */
  constructor(max: number, perUser: number) {
    this.#max = max;
    this.#perUser = perUser;
  }

  /** @returns gives the place back, once; undefined when there is none for this user */
  take(uid: number): Disposable | undefined {
    const own = this.#ofUser.get(uid) ?? 0;
    const hasRoom =
      uid === 0 ? this.#taken < this.#max : this.#taken < this.#max * OF_OTHERS && own < this.#perUser;
    if (!hasRoom) return undefined;
    this.#ofUser.set(uid, own + 1);
    this.#taken++;
    return { [Symbol.dispose]: () => this.#giveBack(uid) };
  }

  /** Why there is no place for this user, and what helps. @param what takes the places: `calls` */
  refusal(uid: number, what: string): string {
    const own = this.#ofUser.get(uid) ?? 0;
    if (uid !== 0 && own >= this.#perUser)
      return `user ${uid} has ${own} ${what} open, and no user may have more: ${REMEDY}`;
    return `all users together have too many ${what} open: try again when one has ended, or ${REMEDY}`;
  }

  #giveBack(uid: number): void {
    const left = this.#ofUser.get(uid)! - 1;
    if (left === 0) this.#ofUser.delete(uid);
    else this.#ofUser.set(uid, left);
    this.#taken--;
  }
}
