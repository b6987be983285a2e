import type { InetAddress, Prefetched } from '../../ifnet/index.js';
import { HMAC_SHA1_LEN, HmacSha1, type HmacWork } from '../wire/hmac.js';
import { compressSha1 } from '../wire/sha1.js';
import { SEQUENCE_MASK } from './format.js';

/** No input of the digest begins with this: those begin with version and type, 02 01. */
const LABEL = new TextEncoder().encode('carpet seal 1');
const NO_BYTES = new Uint8Array(0);
const CODE_SHIFT = 14;
const OFF_FIELDS = 8;
const OFF_SOURCE = 12;

/** What a seal covers besides the sequence, in the units of the header. */
export interface CarpSealed {
  readonly advbase: number;
  readonly advskew: number;
  readonly demote: number;
  /** The family that it goes out in follows from it. */
  readonly source: InetAddress;
}

/**
 * The keyed code of one vhid's seals: of sequence, advbase, advskew, demotion, family and source address. 18 bits of
 * SHA-1's compression function over one block of fixed length, from a state that is derived from the password: the inner
 * half of HMAC, whose outer half protects messages of any length only. Keeps the derived state and never shows it.
 */
export class CarpSealCode implements Prefetched {
  /** Tells one password's seals from another's: what is remembered on disk is worth nothing under a new one. */
  readonly fingerprint: number;
  readonly #work: HmacWork;
  readonly #key: readonly number[];

  /** @param password its bytes, at most 20 */
  constructor(work: HmacWork, password: Uint8Array) {
    this.#work = work;
    const bytes = new Uint8Array(HMAC_SHA1_LEN);
    new HmacSha1(work, password, NO_BYTES).digest(LABEL, bytes);
    const view = new DataView(bytes.buffer);
    this.#key = Array.from({ length: HMAC_SHA1_LEN / 4 }, (_, i) => view.getInt32(4 * i));
    this.fingerprint = this.#fingerprint();
  }

  /** The code for the sequence in these words of a counter, and for `sealed`. */
  of(high: number, low: number, { advbase, advskew, demote, source }: CarpSealed): number {
    const { block, blockView, state } = this.#work;
    blockView.setUint32(0, high);
    blockView.setUint32(4, low & SEQUENCE_MASK);
    block[OFF_FIELDS] = advbase;
    block[OFF_FIELDS + 1] = advskew;
    block[OFF_FIELDS + 2] = demote;
    block[OFF_FIELDS + 3] = source.family;
    const { bytes } = source;
    for (let i = 0; i < bytes.length; i++) block[OFF_SOURCE + i] = bytes[i]!;
    if (bytes.length === 4) block.fill(0, OFF_SOURCE + 4, OFF_SOURCE + 16);
    compressSha1(this.#key, 0, blockView, 0, state);
    return state[0]! >>> CODE_SHIFT;
  }

  prefetch(): number {
    return Number(this.#key[0]! > 0);
  }

  #fingerprint(): number {
    const { block, blockView, state } = this.#work;
    block.fill(0xff);
    compressSha1(this.#key, 0, blockView, 0, state);
    block.fill(0);
    return state[0]! >>> 0;
  }
}
