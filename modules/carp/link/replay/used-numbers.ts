/** How many of the latest numbers are remembered, of all senders of a family together. */
export const MAX_NUMBERS = 1024;

/** The numbers that peers other than carpets have used. */
export class UsedNumbers {
  /** Made when the first number comes: most vhids hear carpets only. */
  #ring: BigUint64Array | undefined;
  #count = 0;
  /** The greatest of them all: greater ones are unused, and most numbers rise. */
  #highest = -1n;

  add(number: bigint): void {
    this.#ring ??= new BigUint64Array(MAX_NUMBERS);
    this.#ring[this.#count % MAX_NUMBERS] = number;
    this.#count++;
    if (number > this.#highest) this.#highest = number;
  }

  /** Those remembered, oldest first. */
  list(): bigint[] {
    const kept = Math.min(this.#count, MAX_NUMBERS);
    return Array.from({ length: kept }, (_, i) => this.#ring![(this.#count - kept + i) % MAX_NUMBERS]!);
  }

  /** The greatest ever; -1 if there was none. */
  get highest(): bigint {
    return this.#highest;
  }
  set highest(number: bigint) {
    this.#highest = number;
  }

  has(number: bigint): boolean {
    if (this.#ring === undefined || number > this.#highest) return false;
    return this.#ring.lastIndexOf(number, Math.min(this.#count, MAX_NUMBERS) - 1) >= 0;
  }
}
