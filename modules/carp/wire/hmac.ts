/**
 * HMAC-SHA1 (RFC 2104) for many keys, and short messages that share their prefix.
 *
 * Key and prefix are absorbed once, into two SHA-1 states and less than a block of remaining bytes. A message then
 * costs two runs of the compression function, or three if the prefix leaves little room in its last block. The
 * padding (RFC 3174 section 4) is done here, because a library's HMAC objects, cloned for each message, take twice the
 * time and, with a thousand vhids, most of the cache.
 *
 * @module
 */
import type { Prefetched } from '../../ifnet/index.js';
import { compressSha1, SHA1_INITIAL, SHA1_WORDS } from './sha1.js';

const BLOCK = 64;
/** Length of a digest in bytes. */
export const HMAC_SHA1_LEN = 4 * SHA1_WORDS;

/** Scratch space for any number of keys, one message at a time. */
export class HmacWork {
  /** @internal */
  readonly state = [0, 0, 0, 0, 0];
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

/** Where the parts of a key's memory begin: the state after the key's outer block, then the bytes of the prefix. */
const OUTER = SHA1_WORDS;
const REMAINDER = 2 * SHA1_WORDS;

/** One key with one prefix. Keeps only the SHA-1 states derived from them, not the key. */
export class HmacSha1 implements Prefetched {
  readonly #work: HmacWork;
  /**
   * The state after the key's inner block and the whole blocks of the prefix, the one after the key's outer block, and the
   * bytes of the prefix beyond whole blocks. One plain array: with a thousand keys, three typed arrays with their buffers
   * are eight places in memory more.
   */
  readonly #memory = [...SHA1_INITIAL, ...SHA1_INITIAL];
  /** Bytes of the inner message before the suffix, the key's block included. */
  readonly #length: number;

  /** @throws RangeError for a key of more than 64 bytes, which HMAC would have to hash first */
  constructor(work: HmacWork, key: Uint8Array, prefix: Uint8Array) {
    if (key.length > BLOCK)
      throw new RangeError(`a key of ${key.length} bytes: at most ${BLOCK} can be used`);
    this.#work = work;
    absorb(this.#memory, OUTER, keyBlock(key, 0x5c));
    absorb(this.#memory, 0, keyBlock(key, 0x36));
    const whole = prefix.length - (prefix.length % BLOCK);
    absorb(this.#memory, 0, prefix.subarray(0, whole));
    this.#memory.push(...prefix.subarray(whole));
    this.#length = BLOCK + prefix.length;
  }

  /** Writes the digest of prefix and `suffix` (at most 55 bytes) into the first 20 bytes of `out`. */
  digest(suffix: Uint8Array, out: Uint8Array): void {
    const { state, inner, innerView, outer, outerView } = this.#work;
    const memory = this.#memory;
    let length = 0;
    // One by one: for so few bytes faster than `set`.
    for (let i = REMAINDER; i < memory.length; i++) inner[length++] = memory[i]!;
    for (let i = 0; i < suffix.length; i++) inner[length++] = suffix[i]!;
    const blocks = pad(inner, innerView, length, this.#length + suffix.length);
    compressSha1(memory, 0, innerView, 0, state);
    if (blocks === 2) compressSha1(state, 0, innerView, BLOCK, state);
    store(state, outer);
    compressSha1(memory, OUTER, outerView, 0, state);
    store(state, out);
  }

  prefetch(): number {
    return Number(this.#memory[0]! > this.#memory[OUTER]!) + Number(this.#memory.at(-1)! > 0);
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

function absorb(memory: number[], at: number, blocks: Uint8Array): void {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.length);
  for (let offset = 0; offset < blocks.length; offset += BLOCK)
    compressSha1(memory, at, view, offset, memory, at);
}

function keyBlock(key: Uint8Array, mask: number): Uint8Array {
  const block = new Uint8Array(BLOCK).fill(mask);
  key.forEach((byte, i) => {
    block[i] = byte ^ mask;
  });
  return block;
}

/** The state as bytes, big endian. */
function store(state: readonly number[], bytes: Uint8Array): void {
  for (let i = 0; i < SHA1_WORDS; i++) {
    const word = state[i]!;
    bytes[4 * i] = word >>> 24;
    bytes[4 * i + 1] = word >>> 16;
    bytes[4 * i + 2] = word >>> 8;
    bytes[4 * i + 3] = word;
  }
}
