import type { Random } from '../../../core/random.js';

/** Low bits that stay the same for the life of one of our vhids. */
const TAG_BITS = 20;
const TAGS = 2 ** TAG_BITS;
/** The bits of the upper word and those of the lower one that belong to the rank. */
const LOW_RANKS = 2 ** (32 - TAG_BITS);
const RANKS = 2 ** 44;

const scratch = new DataView(new ArrayBuffer(8));

/** The counter in two unsigned words; made of bytes, since each step of arithmetic would allocate one more. */
export function counterOf(high: number, low: number): bigint {
  scratch.setUint32(0, high);
  scratch.setUint32(4, low);
  return scratch.getBigUint64(0);
}

/** The upper word of a counter, unsigned. */
export function highWord(counter: bigint): number {
  return Number(BigInt.asUintN(32, counter >> 32n));
}

/** Its lower word, unsigned. */
export function lowWord(counter: bigint): number {
  return Number(BigInt.asUintN(32, counter));
}

/** The bits by which the counters of one life of a carpet's vhid are known: 0 to 2^20 - 1. */
export function tagOf(low: number): number {
  return low & (TAGS - 1);
}

/** The bits above the tag: the rank of a counter in its life, 0 to 2^44 - 1. */
export function rankOf(high: number, low: number): number {
  return high * LOW_RANKS + (low >>> TAG_BITS);
}

/** The upper word of the counter with this rank. */
export function highOfRank(rank: number): number {
  return Math.floor(rank / LOW_RANKS) >>> 0;
}

/** The lower word of the counter with this rank and tag. */
export function lowOfRank(rank: number, tag: number): number {
  return (rank % LOW_RANKS) * TAGS + tag;
}

/** The counter of a rank and a tag. */
export function counterAt(rank: number, tag: number): bigint {
  return counterOf(highOfRank(rank), lowOfRank(rank, tag));
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
 *
 * It is handled as two words of 32 bits, and here as its tag and its rank, the bits above: as one bigint it would cost
 * an object for each advertisement.
 */
export class CarpCounter {
  #first: number;
  #last: number;
  #tag: number;

  /** @param wallTime milliseconds since 1970; read once, so that a clock that is set later does no harm */
  constructor(random: Random, wallTime: number) {
    this.#tag = random.below(TAGS);
    this.#last = Math.max(0, Math.trunc(wallTime)) % RANKS;
    this.#first = this.#last + 1;
  }

  /** Goes on to the counter of the next advertisement. */
  next(): void {
    this.#last++;
  }

  /** The upper word of the latest, unsigned. */
  get high(): number {
    return highOfRank(this.#last);
  }

  /** Its lower word, unsigned. */
  get low(): number {
    return lowOfRank(this.#last, this.#tag);
  }

  /** The first and the latest of this life. */
  capture(): { readonly first: string; readonly last: string } {
    const text = (rank: number): string => counterAt(rank, this.#tag).toString();
    return { first: text(this.#first), last: text(this.#last) };
  }

  /** Goes on where a predecessor stopped: to the peers it is the same life. */
  adopt({ first, last }: { readonly first: string; readonly last: string }): void {
    this.#first = Number(BigInt(first) / BigInt(TAGS));
    this.#last = Number(BigInt(last) / BigInt(TAGS));
    this.#tag = tagOf(lowWord(BigInt(first)));
  }

  /** Whether any of them was sent: none by a vhid that seals. */
  get used(): boolean {
    return this.#last >= this.#first;
  }

  /** Whether an advertisement of ours carried the counter of these words: then what carries it is ours, looped or replayed. */
  sent(high: number, low: number): boolean {
    if (tagOf(low) !== this.#tag) return false;
    const rank = rankOf(high, low);
    return rank >= this.#first && rank <= this.#last;
  }
}
