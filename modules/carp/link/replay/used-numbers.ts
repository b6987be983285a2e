import { counterOf, highWord, lowWord } from '../../wire/counter.js';

/** How many of the latest numbers are remembered, of all senders of a family together. */
export const MAX_NUMBERS = 1024;
const NONE = -1;

/** The numbers that peers other than carpets have used, each as two unsigned words. */
export class UsedNumbers {
  /** Pairs of words, made when the first number comes: most vhids hear carpets only. */
  #ring: Uint32Array | undefined;
  #count = 0;
  /** The greatest of them all: greater ones are unused, and most numbers rise. */
  #highest = { high: NONE, low: 0 };

  add(high: number, low: number): void {
    this.#ring ??= new Uint32Array(2 * MAX_NUMBERS);
    const at = 2 * (this.#count % MAX_NUMBERS);
    this.#ring[at] = high;
    this.#ring[at + 1] = low;
    this.#count++;
    if (this.#isGreatest(high, low)) this.#highest = { high, low };
  }

  /** Those remembered, oldest first. */
  list(): bigint[] {
    const kept = Math.min(this.#count, MAX_NUMBERS);
    return Array.from({ length: kept }, (_, i) => {
      const at = 2 * ((this.#count - kept + i) % MAX_NUMBERS);
      return counterOf(this.#ring![at]!, this.#ring![at + 1]!);
    });
  }

  /** The greatest ever; -1 if there was none. */
  get highest(): bigint {
    const { high, low } = this.#highest;
    return high === NONE ? -1n : counterOf(high, low);
  }
  set highest(number: bigint) {
    this.#highest = number < 0n ? { high: NONE, low: 0 } : { high: highWord(number), low: lowWord(number) };
  }

  has(high: number, low: number): boolean {
    const ring = this.#ring;
    if (ring === undefined || this.#isGreatest(high, low)) return false;
    const end = 2 * Math.min(this.#count, MAX_NUMBERS);
    for (let at = 0; at < end; at += 2) if (ring[at + 1] === low && ring[at] === high) return true;
    return false;
  }

  #isGreatest(high: number, low: number): boolean {
    const greatest = this.#highest;
    return high > greatest.high || (high === greatest.high && low > greatest.low);
  }
}
