/**
 * The counter of a sealed advertisement. To peers that know no seal it is a counter like any other: none of them checks
 * it (reference: FreeBSD's carp_input_c, ucarp's packethandler; OpenBSD refuses only its own).
 *
 *      63                               27                 9         0
 *     +----------------------------------+------------------+---------+
 *     |          sequence (37)           |    code (18)     | mark (9)|
 *     +----------------------------------+------------------+---------+
 *
 * - The sequence counts units of 16 ms since 2026, until 2095. It rises with every advertisement: see sequence.ts.
 * - The code is keyed, and covers what the digest leaves out: see code.ts.
 * - The mark is no secret. It says that the counter claims to be a seal, and is a function of the bits above: the digest
 *   covers the counter, so a sealed advertisement cannot be passed off as one without a seal, whatever is altered in it.
 *   A peer that counts on from such a counter changes the mark's bits, and makes no claim; of 512 counters of any other
 *   origin one claims to be a seal by chance.
 *
 * A counter is handled as two unsigned words of 32 bits, as in wire/counter.ts.
 *
 * @module
 */

/** Milliseconds in a unit of the sequence. Advertisements that come faster make it run ahead of the clock. */
export const SEAL_UNIT_MS = 16;
/** When the sequence is 0: the beginning of 2026, in ms since 1970. */
export const SEAL_EPOCH = Date.UTC(2026, 0, 1);

const SEQUENCE_BITS = 37;
const LOW_BITS = SEQUENCE_BITS - 32;
const CODE_SHIFT = 9;
const CODE_MASK = 0x3ffff;
/** The bits of the lower word that are the mark's. */
export const MARK_MASK = 0x1ff;
/** The bits of the lower word that belong to the sequence. */
export const SEQUENCE_MASK = 0xf8000000;

/** The sequence that a host starts with which knows no other. `wallTime`: ms since 1970; 0 if no host can have it. */
export function sequenceAt(wallTime: number): number {
  const sequence = Math.floor((wallTime - SEAL_EPOCH) / SEAL_UNIT_MS);
  return sequence > 0 && sequence < 2 ** SEQUENCE_BITS ? sequence : 0;
}

/** The sequence in a counter. */
export function sequenceOf(high: number, low: number): number {
  return high * 2 ** LOW_BITS + (low >>> (32 - LOW_BITS));
}

/** The code in a counter's lower word. */
export function codeOf(low: number): number {
  return (low >>> CODE_SHIFT) & CODE_MASK;
}

/** Whether a counter claims to be a seal. */
export function bearsMark(high: number, low: number): boolean {
  return (low & MARK_MASK) === markOf(high, low);
}

/** The lower word with zeros in the place of the mark. */
export function unmarked(low: number): number {
  return (low & ~MARK_MASK) >>> 0;
}

/** The lower word with its mark. */
export function marked(high: number, low: number): number {
  return (unmarked(low) | markOf(high, low)) >>> 0;
}

/** The upper word of a counter with this sequence. */
export function highOf(sequence: number): number {
  return Math.floor(sequence / 2 ** LOW_BITS) >>> 0;
}

/** The lower word without code and mark. */
export function lowOf(sequence: number): number {
  return (sequence % 2 ** LOW_BITS) * 2 ** (32 - LOW_BITS);
}

/** The lower word with code and mark. */
export function sealedLow(high: number, low: number, code: number): number {
  const coded = ((low & SEQUENCE_MASK) | ((code & CODE_MASK) << CODE_SHIFT)) >>> 0;
  return marked(high, coded);
}

/** Spreads every bit above the mark over its nine. */
function markOf(high: number, low: number): number {
  const mixed = Math.imul(high ^ Math.imul(low >>> CODE_SHIFT, 0x9e3779b1), 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) >>> 23;
}
