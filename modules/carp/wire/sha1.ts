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

/** The constants of the four times twenty rounds. */
const K0 = 0x5a827999;
const K1 = 0x6ed9eba1;
const K2 = 0x8f1bbcdc | 0;
const K3 = 0xca62c1d6 | 0;

/**
 * Runs the block at `offset` of `block` on the state at `at` of `from`, into the one at `into` of `to`: words of 32 bits.
 *
 * Written out, since in loops it takes twice the time: here the words of the message stay in registers, and a processor
 * makes them beside the rounds, which wait for each other. A round leaves its result where its last operand was, so the
 * names change places instead of the values: they come round every five lines, and the words every sixteen.
 */
// biome-ignore format: a round a line
export function compressSha1(
  from: readonly number[],
  at: number,
  block: DataView,
  offset: number,
  to: number[],
  into = 0,
): void {
  let w0 = block.getInt32(offset); let w1 = block.getInt32(offset + 4);
  let w2 = block.getInt32(offset + 8); let w3 = block.getInt32(offset + 12);
  let w4 = block.getInt32(offset + 16); let w5 = block.getInt32(offset + 20);
  let w6 = block.getInt32(offset + 24); let w7 = block.getInt32(offset + 28);
  let w8 = block.getInt32(offset + 32); let w9 = block.getInt32(offset + 36);
  let w10 = block.getInt32(offset + 40); let w11 = block.getInt32(offset + 44);
  let w12 = block.getInt32(offset + 48); let w13 = block.getInt32(offset + 52);
  let w14 = block.getInt32(offset + 56); let w15 = block.getInt32(offset + 60);
  let a = from[at]!;
  let b = from[at + 1]!;
  let c = from[at + 2]!;
  let d = from[at + 3]!;
  let e = from[at + 4]!;
  e = (rotl5(a) + (d ^ (b & (c ^ d))) + e + K0 + w0) | 0; b = rotl30(b);
  d = (rotl5(e) + (c ^ (a & (b ^ c))) + d + K0 + w1) | 0; a = rotl30(a);
  c = (rotl5(d) + (b ^ (e & (a ^ b))) + c + K0 + w2) | 0; e = rotl30(e);
  b = (rotl5(c) + (a ^ (d & (e ^ a))) + b + K0 + w3) | 0; d = rotl30(d);
  a = (rotl5(b) + (e ^ (c & (d ^ e))) + a + K0 + w4) | 0; c = rotl30(c);
  e = (rotl5(a) + (d ^ (b & (c ^ d))) + e + K0 + w5) | 0; b = rotl30(b);
  d = (rotl5(e) + (c ^ (a & (b ^ c))) + d + K0 + w6) | 0; a = rotl30(a);
  c = (rotl5(d) + (b ^ (e & (a ^ b))) + c + K0 + w7) | 0; e = rotl30(e);
  b = (rotl5(c) + (a ^ (d & (e ^ a))) + b + K0 + w8) | 0; d = rotl30(d);
  a = (rotl5(b) + (e ^ (c & (d ^ e))) + a + K0 + w9) | 0; c = rotl30(c);
  e = (rotl5(a) + (d ^ (b & (c ^ d))) + e + K0 + w10) | 0; b = rotl30(b);
  d = (rotl5(e) + (c ^ (a & (b ^ c))) + d + K0 + w11) | 0; a = rotl30(a);
  c = (rotl5(d) + (b ^ (e & (a ^ b))) + c + K0 + w12) | 0; e = rotl30(e);
  b = (rotl5(c) + (a ^ (d & (e ^ a))) + b + K0 + w13) | 0; d = rotl30(d);
  a = (rotl5(b) + (e ^ (c & (d ^ e))) + a + K0 + w14) | 0; c = rotl30(c);
  e = (rotl5(a) + (d ^ (b & (c ^ d))) + e + K0 + w15) | 0; b = rotl30(b);
  w0 = rotl1(w13 ^ w8 ^ w2 ^ w0); d = (rotl5(e) + (c ^ (a & (b ^ c))) + d + K0 + w0) | 0; a = rotl30(a);
  w1 = rotl1(w14 ^ w9 ^ w3 ^ w1); c = (rotl5(d) + (b ^ (e & (a ^ b))) + c + K0 + w1) | 0; e = rotl30(e);
  w2 = rotl1(w15 ^ w10 ^ w4 ^ w2); b = (rotl5(c) + (a ^ (d & (e ^ a))) + b + K0 + w2) | 0; d = rotl30(d);
  w3 = rotl1(w0 ^ w11 ^ w5 ^ w3); a = (rotl5(b) + (e ^ (c & (d ^ e))) + a + K0 + w3) | 0; c = rotl30(c);

  w4 = rotl1(w1 ^ w12 ^ w6 ^ w4); e = (rotl5(a) + (b ^ c ^ d) + e + K1 + w4) | 0; b = rotl30(b);
  w5 = rotl1(w2 ^ w13 ^ w7 ^ w5); d = (rotl5(e) + (a ^ b ^ c) + d + K1 + w5) | 0; a = rotl30(a);
  w6 = rotl1(w3 ^ w14 ^ w8 ^ w6); c = (rotl5(d) + (e ^ a ^ b) + c + K1 + w6) | 0; e = rotl30(e);
  w7 = rotl1(w4 ^ w15 ^ w9 ^ w7); b = (rotl5(c) + (d ^ e ^ a) + b + K1 + w7) | 0; d = rotl30(d);
  w8 = rotl1(w5 ^ w0 ^ w10 ^ w8); a = (rotl5(b) + (c ^ d ^ e) + a + K1 + w8) | 0; c = rotl30(c);
  w9 = rotl1(w6 ^ w1 ^ w11 ^ w9); e = (rotl5(a) + (b ^ c ^ d) + e + K1 + w9) | 0; b = rotl30(b);
  w10 = rotl1(w7 ^ w2 ^ w12 ^ w10); d = (rotl5(e) + (a ^ b ^ c) + d + K1 + w10) | 0; a = rotl30(a);
  w11 = rotl1(w8 ^ w3 ^ w13 ^ w11); c = (rotl5(d) + (e ^ a ^ b) + c + K1 + w11) | 0; e = rotl30(e);
  w12 = rotl1(w9 ^ w4 ^ w14 ^ w12); b = (rotl5(c) + (d ^ e ^ a) + b + K1 + w12) | 0; d = rotl30(d);
  w13 = rotl1(w10 ^ w5 ^ w15 ^ w13); a = (rotl5(b) + (c ^ d ^ e) + a + K1 + w13) | 0; c = rotl30(c);
  w14 = rotl1(w11 ^ w6 ^ w0 ^ w14); e = (rotl5(a) + (b ^ c ^ d) + e + K1 + w14) | 0; b = rotl30(b);
  w15 = rotl1(w12 ^ w7 ^ w1 ^ w15); d = (rotl5(e) + (a ^ b ^ c) + d + K1 + w15) | 0; a = rotl30(a);
  w0 = rotl1(w13 ^ w8 ^ w2 ^ w0); c = (rotl5(d) + (e ^ a ^ b) + c + K1 + w0) | 0; e = rotl30(e);
  w1 = rotl1(w14 ^ w9 ^ w3 ^ w1); b = (rotl5(c) + (d ^ e ^ a) + b + K1 + w1) | 0; d = rotl30(d);
  w2 = rotl1(w15 ^ w10 ^ w4 ^ w2); a = (rotl5(b) + (c ^ d ^ e) + a + K1 + w2) | 0; c = rotl30(c);
  w3 = rotl1(w0 ^ w11 ^ w5 ^ w3); e = (rotl5(a) + (b ^ c ^ d) + e + K1 + w3) | 0; b = rotl30(b);
  w4 = rotl1(w1 ^ w12 ^ w6 ^ w4); d = (rotl5(e) + (a ^ b ^ c) + d + K1 + w4) | 0; a = rotl30(a);
  w5 = rotl1(w2 ^ w13 ^ w7 ^ w5); c = (rotl5(d) + (e ^ a ^ b) + c + K1 + w5) | 0; e = rotl30(e);
  w6 = rotl1(w3 ^ w14 ^ w8 ^ w6); b = (rotl5(c) + (d ^ e ^ a) + b + K1 + w6) | 0; d = rotl30(d);
  w7 = rotl1(w4 ^ w15 ^ w9 ^ w7); a = (rotl5(b) + (c ^ d ^ e) + a + K1 + w7) | 0; c = rotl30(c);

  w8 = rotl1(w5 ^ w0 ^ w10 ^ w8); e = (rotl5(a) + ((b & c) | (d & (b | c))) + e + K2 + w8) | 0; b = rotl30(b);
  w9 = rotl1(w6 ^ w1 ^ w11 ^ w9); d = (rotl5(e) + ((a & b) | (c & (a | b))) + d + K2 + w9) | 0; a = rotl30(a);
  w10 = rotl1(w7 ^ w2 ^ w12 ^ w10); c = (rotl5(d) + ((e & a) | (b & (e | a))) + c + K2 + w10) | 0; e = rotl30(e);
  w11 = rotl1(w8 ^ w3 ^ w13 ^ w11); b = (rotl5(c) + ((d & e) | (a & (d | e))) + b + K2 + w11) | 0; d = rotl30(d);
  w12 = rotl1(w9 ^ w4 ^ w14 ^ w12); a = (rotl5(b) + ((c & d) | (e & (c | d))) + a + K2 + w12) | 0; c = rotl30(c);
  w13 = rotl1(w10 ^ w5 ^ w15 ^ w13); e = (rotl5(a) + ((b & c) | (d & (b | c))) + e + K2 + w13) | 0; b = rotl30(b);
  w14 = rotl1(w11 ^ w6 ^ w0 ^ w14); d = (rotl5(e) + ((a & b) | (c & (a | b))) + d + K2 + w14) | 0; a = rotl30(a);
  w15 = rotl1(w12 ^ w7 ^ w1 ^ w15); c = (rotl5(d) + ((e & a) | (b & (e | a))) + c + K2 + w15) | 0; e = rotl30(e);
  w0 = rotl1(w13 ^ w8 ^ w2 ^ w0); b = (rotl5(c) + ((d & e) | (a & (d | e))) + b + K2 + w0) | 0; d = rotl30(d);
  w1 = rotl1(w14 ^ w9 ^ w3 ^ w1); a = (rotl5(b) + ((c & d) | (e & (c | d))) + a + K2 + w1) | 0; c = rotl30(c);
  w2 = rotl1(w15 ^ w10 ^ w4 ^ w2); e = (rotl5(a) + ((b & c) | (d & (b | c))) + e + K2 + w2) | 0; b = rotl30(b);
  w3 = rotl1(w0 ^ w11 ^ w5 ^ w3); d = (rotl5(e) + ((a & b) | (c & (a | b))) + d + K2 + w3) | 0; a = rotl30(a);
  w4 = rotl1(w1 ^ w12 ^ w6 ^ w4); c = (rotl5(d) + ((e & a) | (b & (e | a))) + c + K2 + w4) | 0; e = rotl30(e);
  w5 = rotl1(w2 ^ w13 ^ w7 ^ w5); b = (rotl5(c) + ((d & e) | (a & (d | e))) + b + K2 + w5) | 0; d = rotl30(d);
  w6 = rotl1(w3 ^ w14 ^ w8 ^ w6); a = (rotl5(b) + ((c & d) | (e & (c | d))) + a + K2 + w6) | 0; c = rotl30(c);
  w7 = rotl1(w4 ^ w15 ^ w9 ^ w7); e = (rotl5(a) + ((b & c) | (d & (b | c))) + e + K2 + w7) | 0; b = rotl30(b);
  w8 = rotl1(w5 ^ w0 ^ w10 ^ w8); d = (rotl5(e) + ((a & b) | (c & (a | b))) + d + K2 + w8) | 0; a = rotl30(a);
  w9 = rotl1(w6 ^ w1 ^ w11 ^ w9); c = (rotl5(d) + ((e & a) | (b & (e | a))) + c + K2 + w9) | 0; e = rotl30(e);
  w10 = rotl1(w7 ^ w2 ^ w12 ^ w10); b = (rotl5(c) + ((d & e) | (a & (d | e))) + b + K2 + w10) | 0; d = rotl30(d);
  w11 = rotl1(w8 ^ w3 ^ w13 ^ w11); a = (rotl5(b) + ((c & d) | (e & (c | d))) + a + K2 + w11) | 0; c = rotl30(c);

  w12 = rotl1(w9 ^ w4 ^ w14 ^ w12); e = (rotl5(a) + (b ^ c ^ d) + e + K3 + w12) | 0; b = rotl30(b);
  w13 = rotl1(w10 ^ w5 ^ w15 ^ w13); d = (rotl5(e) + (a ^ b ^ c) + d + K3 + w13) | 0; a = rotl30(a);
  w14 = rotl1(w11 ^ w6 ^ w0 ^ w14); c = (rotl5(d) + (e ^ a ^ b) + c + K3 + w14) | 0; e = rotl30(e);
  w15 = rotl1(w12 ^ w7 ^ w1 ^ w15); b = (rotl5(c) + (d ^ e ^ a) + b + K3 + w15) | 0; d = rotl30(d);
  w0 = rotl1(w13 ^ w8 ^ w2 ^ w0); a = (rotl5(b) + (c ^ d ^ e) + a + K3 + w0) | 0; c = rotl30(c);
  w1 = rotl1(w14 ^ w9 ^ w3 ^ w1); e = (rotl5(a) + (b ^ c ^ d) + e + K3 + w1) | 0; b = rotl30(b);
  w2 = rotl1(w15 ^ w10 ^ w4 ^ w2); d = (rotl5(e) + (a ^ b ^ c) + d + K3 + w2) | 0; a = rotl30(a);
  w3 = rotl1(w0 ^ w11 ^ w5 ^ w3); c = (rotl5(d) + (e ^ a ^ b) + c + K3 + w3) | 0; e = rotl30(e);
  w4 = rotl1(w1 ^ w12 ^ w6 ^ w4); b = (rotl5(c) + (d ^ e ^ a) + b + K3 + w4) | 0; d = rotl30(d);
  w5 = rotl1(w2 ^ w13 ^ w7 ^ w5); a = (rotl5(b) + (c ^ d ^ e) + a + K3 + w5) | 0; c = rotl30(c);
  w6 = rotl1(w3 ^ w14 ^ w8 ^ w6); e = (rotl5(a) + (b ^ c ^ d) + e + K3 + w6) | 0; b = rotl30(b);
  w7 = rotl1(w4 ^ w15 ^ w9 ^ w7); d = (rotl5(e) + (a ^ b ^ c) + d + K3 + w7) | 0; a = rotl30(a);
  w8 = rotl1(w5 ^ w0 ^ w10 ^ w8); c = (rotl5(d) + (e ^ a ^ b) + c + K3 + w8) | 0; e = rotl30(e);
  w9 = rotl1(w6 ^ w1 ^ w11 ^ w9); b = (rotl5(c) + (d ^ e ^ a) + b + K3 + w9) | 0; d = rotl30(d);
  w10 = rotl1(w7 ^ w2 ^ w12 ^ w10); a = (rotl5(b) + (c ^ d ^ e) + a + K3 + w10) | 0; c = rotl30(c);
  w11 = rotl1(w8 ^ w3 ^ w13 ^ w11); e = (rotl5(a) + (b ^ c ^ d) + e + K3 + w11) | 0; b = rotl30(b);
  w12 = rotl1(w9 ^ w4 ^ w14 ^ w12); d = (rotl5(e) + (a ^ b ^ c) + d + K3 + w12) | 0; a = rotl30(a);
  w13 = rotl1(w10 ^ w5 ^ w15 ^ w13); c = (rotl5(d) + (e ^ a ^ b) + c + K3 + w13) | 0; e = rotl30(e);
  w14 = rotl1(w11 ^ w6 ^ w0 ^ w14); b = (rotl5(c) + (d ^ e ^ a) + b + K3 + w14) | 0; d = rotl30(d);
  w15 = rotl1(w12 ^ w7 ^ w1 ^ w15); a = (rotl5(b) + (c ^ d ^ e) + a + K3 + w15) | 0; c = rotl30(c);

  // `from` may be `to`.
  to[into] = (from[at]! + a) | 0;
  to[into + 1] = (from[at + 1]! + b) | 0;
  to[into + 2] = (from[at + 2]! + c) | 0;
  to[into + 3] = (from[at + 3]! + d) | 0;
  to[into + 4] = (from[at + 4]! + e) | 0;
}

function rotl1(word: number): number {
  return (word << 1) | (word >>> 31);
}

function rotl5(word: number): number {
  return (word << 5) | (word >>> 27);
}

function rotl30(word: number): number {
  return (word << 30) | (word >>> 2);
}
