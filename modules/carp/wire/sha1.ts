/**
 * SHA-1's compression function (RFC 3174 section 6.1), on states that the caller keeps. Every advertisement takes two or
 * three runs of it, which is most of its cost: the libraries' need a copy of the state in and out, and a third more time.
 *
 * @module
 */

/** Words of a state. */
export const SHA1_WORDS = 5;
/** The state that a digest begins with. */
export const SHA1_INITIAL: readonly number[] = [
  0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0,
].map((word) => word | 0);

/** The message schedule of the block at hand. */
const schedule = new Int32Array(80);

/** Runs the block at `offset` of `block` on the state at `at` of `from`, into the one at `into` of `to`: words of 32 bits. */
export function compressSha1(
  from: readonly number[],
  at: number,
  block: DataView,
  offset: number,
  to: number[],
  into = 0,
): void {
  const w = schedule;
  for (let i = 0; i < 16; i++) w[i] = block.getInt32(offset + 4 * i);
  for (let i = 16; i < 80; i++) {
    const mixed = w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!;
    w[i] = (mixed << 1) | (mixed >>> 31);
  }
  let a = from[at]!;
  let b = from[at + 1]!;
  let c = from[at + 2]!;
  let d = from[at + 3]!;
  let e = from[at + 4]!;
  let i = 0;
  // One loop for each of the four functions: a choice within one loop would be made eighty times.
  for (; i < 20; i++) {
    const next = (((a << 5) | (a >>> 27)) + (d ^ (b & (c ^ d))) + e + 0x5a827999 + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (; i < 40; i++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0x6ed9eba1 + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (; i < 60; i++) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) | (d & (b | c))) + e + 0x8f1bbcdc + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (; i < 80; i++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0xca62c1d6 + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  // `from` may be `to`.
  to[into] = (from[at]! + a) | 0;
  to[into + 1] = (from[at + 1]! + b) | 0;
  to[into + 2] = (from[at + 2]! + c) | 0;
  to[into + 3] = (from[at + 3]! + d) | 0;
  to[into + 4] = (from[at + 4]! + e) | 0;
}
