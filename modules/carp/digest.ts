/**
 * The digest of an advertisement: HMAC-SHA1 (RFC 2104) with the password as the key over
 *
 *     02 | 01 | [lladdr] | vhid | IPv4 addresses | IPv6 addresses | counter
 *
 * Version and type are two bytes here though they share one on the wire. Everything before the counter is fixed
 * while the settings are, so it is absorbed once and the state cloned for each advertisement: 2 µs instead of 3.
 */
import { type _HMAC, hmac } from '@noble/hashes/hmac.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { hashingOrder, isScopeEmbedded } from './address-set.js';
import { CARP_ADVERTISEMENT, CARP_VERSION } from './header.js';

/** Length of the digest in bytes. */
export const CARP_DIGEST_LEN = 20;
/** Length of the key buffer in bytes; shorter passwords are padded with zeros, which HMAC does anyway. */
export const CARP_KEY_LEN = 20;

/**
 * Which addresses are hashed. `orig`: all of them (FreeBSD; OpenBSD accepts it). `nov6ll`: without those of embedded
 * scope, the automatic link-local address of OpenBSD's carp interface among them (OpenBSD sends this).
 */
export type CarpHmacContext = 'orig' | 'nov6ll';

/** What besides the counter goes into the digest. */
export interface CarpDigestInput {
  /** The password's bytes, at most `CARP_KEY_LEN`. */
  readonly key: Uint8Array;
  readonly vhid: number;
  /** All addresses of the vhid, 4 or 16 bytes each, in any order. */
  readonly addresses: readonly Uint8Array[];
  /** Default `orig`. */
  readonly context?: CarpHmacContext;
  /** Only for an OpenBSD peer whose carp interface carries a link-layer address set by hand: that address. */
  readonly lladdr?: Uint8Array;
}

/** Signs and verifies the advertisements of one vhid. Holds the keyed state and never shows it. */
export class CarpDigest {
  readonly #keyed: _HMAC<ReturnType<typeof sha1.create>>;
  readonly #computed = new Uint8Array(CARP_DIGEST_LEN);
  #scratch: _HMAC<ReturnType<typeof sha1.create>> | undefined;

  constructor(input: CarpDigestInput) {
    this.#keyed = hmac.create(sha1, input.key);
    this.#keyed.update(Uint8Array.of(CARP_VERSION, CARP_ADVERTISEMENT));
    if (input.lladdr !== undefined) this.#keyed.update(input.lladdr);
    this.#keyed.update(Uint8Array.of(input.vhid));
    for (const address of hashingOrder(input.addresses)) {
      if (input.context === 'nov6ll' && isScopeEmbedded(address)) continue;
      this.#keyed.update(address);
    }
  }

  /** Writes the digest for the 8 counter bytes into `out`, which has room for 20. */
  sign(counter: Uint8Array, out: Uint8Array): void {
    this.#scratch = this.#keyed._cloneInto(this.#scratch);
    this.#scratch.update(counter);
    this.#scratch.digestInto(out);
  }

  /** Whether `digest` is the one for these 8 counter bytes; takes the same time wherever they differ. */
  verify(counter: Uint8Array, digest: Uint8Array): boolean {
    this.sign(counter, this.#computed);
    return timingSafeEqual(this.#computed, digest);
  }
}

/** Compares without telling by its duration where the first difference is. The lengths are no secret. */
export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}
