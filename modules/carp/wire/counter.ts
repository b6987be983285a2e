import type { Random } from '../../../core/random.js';

const STEP = 0x100000;
/** Our latest counters, remembered to recognise advertisements that the network hands back. */
const MAX_REMEMBERED = 16;

/**
 * The 64-bit counter of our own advertisements.
 *
 * No peer checks it: FreeBSD and ucarp adopt the last counter they hear and count on by one, OpenBSD sends one number
 * for ever. So the choice is ours, and serves to recognise our own. It starts at the wall clock (milliseconds × 2^20,
 * with a random remainder) and grows by a random step. It rises across restarts, so that a carpet peer can insist on
 * rising counters; and a peer that counts on from one of our values does not hit our next one, as it would after a
 * partition if our step were one too. The steps are wide, so that hosts started in the same millisecond hardly ever
 * use the same number, which each would take for its own; yet the wall clock outruns the shortest interval.
 */
export class CarpCounter {
  #last: bigint;
  readonly #sent: bigint[] = [];
  #slot = 0;

  /** @param wallTime milliseconds since 1970; read once, so that a clock that is set later does no harm */
  constructor(
    private readonly random: Random,
    wallTime: number,
  ) {
    const start = BigInt(Math.max(0, Math.trunc(wallTime))) * 0x100000n;
    this.#last = BigInt.asUintN(64, start + BigInt(random.below(0x100000)));
  }

  /** The counter of the next advertisement. */
  next(): bigint {
    this.#last = BigInt.asUintN(64, this.#last + BigInt(1 + this.random.below(STEP)));
    this.#sent[this.#slot] = this.#last;
    this.#slot = (this.#slot + 1) % MAX_REMEMBERED;
    return this.#last;
  }

  /** Whether one of our latest advertisements carried it: then what carries it is ours, looped or replayed. */
  sentLately(counter: bigint): boolean {
    return this.#sent.includes(counter);
  }
}
