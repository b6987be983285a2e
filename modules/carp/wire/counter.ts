import type { Random } from '../../../core/random.js';

/** Low bits that stay the same for the life of one of our vhids. */
const TAG_BITS = 20;
const STEP = 1n << BigInt(TAG_BITS);

/** The bits by which the counters of one life of a carpet's vhid are known: 0 to 2^20 - 1. */
export function counterTag(counter: bigint): number {
  return Number(BigInt.asUintN(TAG_BITS, counter));
}

/**
 * The 64-bit counter of our own advertisements.
 *
 * No peer checks it: FreeBSD and ucarp adopt the last counter they hear and count on by one, OpenBSD sends one number
 * for ever. So the choice is ours. It starts at the wall clock (milliseconds × 2^20) with 20 random bits below that, the
 * tag, and grows by 2^20. So it rises, across restarts too, and the wall clock outruns the shortest interval; and since
 * the digest covers it, the tag tells without a doubt whose words are whose, whatever address they come from: our own
 * are recognised for ever, and a carpet that hears another knows its old ones. A peer that counts on from one of our
 * values does not meet our next one. Two lives have the same tag once in a million; then the ranges tell them apart.
 */
export class CarpCounter {
  #first: bigint;
  #tag: number;
  #last: bigint;

  /** @param wallTime milliseconds since 1970; read once, so that a clock that is set later does no harm */
  constructor(random: Random, wallTime: number) {
    this.#tag = random.below(Number(STEP));
    const start = BigInt(Math.max(0, Math.trunc(wallTime))) * STEP;
    this.#first = BigInt.asUintN(64, start + BigInt(this.#tag) + STEP);
    this.#last = BigInt.asUintN(64, this.#first - STEP);
  }

  /** The counter of the next advertisement. */
  next(): bigint {
    this.#last = BigInt.asUintN(64, this.#last + STEP);
    return this.#last;
  }

  /** The first and the latest of this life. */
  capture(): { readonly first: string; readonly last: string } {
    return { first: this.#first.toString(), last: this.#last.toString() };
  }

  /** Goes on where a predecessor stopped: to the peers it is the same life. */
  adopt({ first, last }: { readonly first: string; readonly last: string }): void {
    this.#first = BigInt(first);
    this.#tag = counterTag(this.#first);
    this.#last = BigInt(last);
  }

  /** Whether any of them was sent: none by a vhid that seals. */
  get used(): boolean {
    return this.#last >= this.#first;
  }

  /** Whether an advertisement of ours carried it: then what carries it is ours, looped or replayed. */
  sent(counter: bigint): boolean {
    return counter >= this.#first && counter <= this.#last && counterTag(counter) === this.#tag;
  }
}
