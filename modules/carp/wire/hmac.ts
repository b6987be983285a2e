/**
 * HMAC-SHA1 (RFC 2104) for many keys, and short messages that share their prefix.
 *
 * Key and prefix are absorbed once, into two SHA-1 states and less than a block of remaining bytes. A message then
 * costs two runs of the compression function, or three if the prefix leaves little room in its last block. The
 * compression function is the library's; the padding (RFC 3174 section 4) is done here, because the library's HMAC
 * objects, cloned for each message, take twice the time and, with a thousand vhids, most of the cache.
 *
 * @module
 */
// Not public, hence the exact version in package.json.
import { _SHA1 } from '@noble/hashes/legacy.js';

const BLOCK = 64;
/** Length of a digest in bytes. */
export const HMAC_SHA1_LEN = 20;
const WORDS = HMAC_SHA1_LEN / 4;
const INITIAL = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);

/** The compression function, on states that the caller keeps (RFC 3174 section 6.1). */
class Compression extends _SHA1 {
  /** Runs the block at `offset` of `block` on the state `from`, into `to`. */
  run(from: Int32Array, block: DataView, offset: number, to: Int32Array): void {
    this.set(from[0]!, from[1]!, from[2]!, from[3]!, from[4]!);
    this.process(block, offset);
    // One by one: a typed array's set takes as long as a sixth of the compression.
    const words = this.get();
    for (let i = 0; i < WORDS; i++) to[i] = words[i]!;
  }
}

/** Scratch space for any number of keys, one message at a time. */
export class HmacWork {
  /** @internal */
  readonly compression = new Compression();
  /** @internal */
  readonly state = new Int32Array(WORDS);
  /** @internal The last blocks of the inner message: remainder of the prefix, suffix, padding. */
  readonly inner = new Uint8Array(2 * BLOCK);
  /** @internal */
  readonly innerView = new DataView(this.inner.buffer);
  /** @internal The outer message after the key: the inner digest, and a constant padding. */
  readonly outer = new Uint8Array(BLOCK);
  /** @internal */
  readonly outerView = new DataView(this.outer.buffer);
  /** @internal One block of a message of fixed length; zeros but for what its user writes. */
  readonly block = new Uint8Array(BLOCK);
  /** @internal */
  readonly blockView = new DataView(this.block.buffer);
  /** @internal The digest to compare with. */
  readonly computed = new Uint8Array(HMAC_SHA1_LEN);

  constructor() {
    pad(this.outer, this.outerView, HMAC_SHA1_LEN, BLOCK + HMAC_SHA1_LEN);
  }
}

/** One key with one prefix. Keeps only the SHA-1 states derived from them, not the key. */
export class HmacSha1 {
  readonly #work: HmacWork;
  /** After the key and the whole blocks of the prefix. */
  readonly #innerState = INITIAL.slice();
  /** After the key. */
  readonly #outerState = INITIAL.slice();
  /** The bytes of the prefix beyond whole blocks. */
  readonly #remainder: Uint8Array;
  /** Bytes of the inner message before the suffix, the key's block included. */
  readonly #length: number;

  /** @throws RangeError for a key of more than 64 bytes, which HMAC would have to hash first */
  constructor(work: HmacWork, key: Uint8Array, prefix: Uint8Array) {
    if (key.length > BLOCK)
      throw new RangeError(`a key of ${key.length} bytes: at most ${BLOCK} can be used`);
    this.#work = work;
    absorb(work, this.#outerState, keyBlock(key, 0x5c));
    absorb(work, this.#innerState, keyBlock(key, 0x36));
    const whole = prefix.length - (prefix.length % BLOCK);
    absorb(work, this.#innerState, prefix.subarray(0, whole));
    this.#remainder = prefix.slice(whole);
    this.#length = BLOCK + prefix.length;
  }

  /** Writes the digest of prefix and `suffix` (at most 55 bytes) into the first 20 bytes of `out`. */
  digest(suffix: Uint8Array, out: Uint8Array): void {
    const { compression, state, inner, innerView, outer, outerView } = this.#work;
    inner.set(this.#remainder);
    inner.set(suffix, this.#remainder.length);
    const blocks = pad(
      inner,
      innerView,
      this.#remainder.length + suffix.length,
      this.#length + suffix.length,
    );
    compression.run(this.#innerState, innerView, 0, state);
    if (blocks === 2) compression.run(state, innerView, BLOCK, state);
    store(state, outer);
    compression.run(this.#outerState, outerView, 0, state);
    store(state, out);
  }

  /** Whether `digest` is that of prefix and `suffix`; constant time. */
  verify(suffix: Uint8Array, digest: Uint8Array): boolean {
    const { computed } = this.#work;
    this.digest(suffix, computed);
    return timingSafeEqual(computed, digest);
  }
}

/** Compares in a time that does not depend on where the bytes differ. The lengths are no secret. */
export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

/** Pads the last `length` bytes of a message of `total` bytes, in place. @returns how many blocks they fill */
function pad(bytes: Uint8Array, view: DataView, length: number, total: number): 1 | 2 {
  const blocks = length + 9 <= BLOCK ? 1 : 2;
  bytes[length] = 0x80;
  bytes.fill(0, length + 1, blocks * BLOCK);
  view.setUint32(blocks * BLOCK - 4, total * 8);
  return blocks;
}

function absorb({ compression }: HmacWork, state: Int32Array, blocks: Uint8Array): void {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.length);
  for (let at = 0; at < blocks.length; at += BLOCK) compression.run(state, view, at, state);
}

function keyBlock(key: Uint8Array, mask: number): Uint8Array {
  const block = new Uint8Array(BLOCK).fill(mask);
  key.forEach((byte, i) => {
    block[i] = byte ^ mask;
  });
  return block;
}

/** The state as bytes, big endian. */
function store(state: Int32Array, bytes: Uint8Array): void {
  for (let i = 0; i < WORDS; i++) {
    const word = state[i]!;
    bytes[4 * i] = word >>> 24;
    bytes[4 * i + 1] = word >>> 16;
    bytes[4 * i + 2] = word >>> 8;
    bytes[4 * i + 3] = word;
  }
}
