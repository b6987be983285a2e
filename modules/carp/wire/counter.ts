/**
 * The 64-bit counter of our own advertisements.
 *
 * No peer checks it: FreeBSD and ucarp take over whatever they hear and count on by one, OpenBSD sends one number for
 * ever. So it is ours to choose, and it is chosen to be recognised. It starts at the wall clock (milliseconds × 2^20,
 * with a random remainder) and grows by a random step: it rises across restarts, so a carpet peer can insist on that,
 * and a peer which counts on from one of our values does not meet the next one, which a step of one would make sure of
 * after a partition. The steps are wide, so that hosts started in one millisecond hardly ever use the same number, which
 * each would take for its own word; yet the wall clock is faster than the shortest interval can count.
 */
import type { Random } from '../../../core/random.js';

const STEP = 0x100000;
/** How many of our own are remembered to recognise them when the network hands them back. */
const REMEMBERED = 16;

export class CarpCounter {
  #last: bigint;
  readonly #sent: bigint[] = [];
  #slot = 0;

  /** `wallTime` in ms since the epoch; read once, so that a stepped clock changes nothing. */
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
    this.#slot = (this.#slot + 1) % REMEMBERED;
    return this.#last;
  }

  /** Whether one of our latest advertisements carried it: then it is ours, looped or replayed. */
  sentLately(counter: bigint): boolean {
    return this.#sent.includes(counter);
  }
}
