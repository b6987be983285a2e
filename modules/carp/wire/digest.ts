import { sameBytes } from '../../ifnet/index.js';
import { hashingOrder, isScopeEmbedded } from './address-set.js';
import { CARP_ADVERTISEMENT, CARP_VERSION } from './header.js';
import { HMAC_SHA1_LEN, HmacSha1, HmacWork } from './hmac.js';

const NO_BYTES = new Uint8Array(0);

/** Length of the digest in bytes. */
export const CARP_DIGEST_LEN = HMAC_SHA1_LEN;
/** Length of the key buffer in bytes; a shorter password is padded with zeros, as HMAC does anyway. */
export const CARP_KEY_LEN = 20;

/**
 * Which addresses are hashed. `orig`: all of them (FreeBSD; OpenBSD accepts it). `nov6ll`: without those of embedded
 * scope, among them the automatic link-local address of OpenBSD's carp interface (OpenBSD sends this).
 */
export type CarpHmacContext = 'orig' | 'nov6ll';

/** What the settings contribute to the digest: hosts that differ in any of it refuse each other. */
export interface CarpDigestSettings {
  readonly vhid: number;
  /** All addresses of the vhid, 4 or 16 bytes each, in any order. */
  readonly addresses: readonly Uint8Array[];
  /** Only for OpenBSD peers whose carp interface has a link-layer address set by hand: that address. */
  readonly lladdr?: Uint8Array;
}

/** Whether both give the same digests. The same addresses in another order count as a difference. */
export function sameDigests(a: CarpDigestSettings, b: CarpDigestSettings): boolean {
  return (
    a.vhid === b.vhid &&
    sameBytes(a.lladdr ?? NO_BYTES, b.lladdr ?? NO_BYTES) &&
    a.addresses.length === b.addresses.length &&
    a.addresses.every((address, i) => sameBytes(address, b.addresses[i]!))
  );
}

/** All input of the digest but the counter. */
export interface CarpDigestInput extends CarpDigestSettings {
  /** The password's bytes, at most `CARP_KEY_LEN`. */
  readonly key: Uint8Array;
  /** Default `orig`. */
  readonly context?: CarpHmacContext;
}

/**
 * The digest of an advertisement: HMAC-SHA1 (RFC 2104) with the password as the key over
 *
 *     02 | 01 | [lladdr] | vhid | IPv4 addresses | IPv6 addresses | counter
 *
 * Version and type are two bytes here though they share one on the wire. Everything before the counter is fixed
 * while the settings are. Keeps the keyed state and never shows it.
 */
export class CarpDigest extends HmacSha1 {
  /** @param work may be shared by all digests of a kernel */
  constructor(input: CarpDigestInput, work = new HmacWork()) {
    super(work, input.key, prefix(input));
  }

  /** Writes the digest for the 8 counter bytes into `out`, which has room for 20 bytes. */
  sign(counter: Uint8Array, out: Uint8Array): void {
    this.digest(counter, out);
  }
}

/** Everything that is hashed before the counter. */
function prefix({ vhid, addresses, context, lladdr }: CarpDigestInput): Uint8Array {
  const hashed = hashingOrder(addresses).filter(
    (address) => context !== 'nov6ll' || !isScopeEmbedded(address),
  );
  return Uint8Array.from([
    CARP_VERSION,
    CARP_ADVERTISEMENT,
    ...(lladdr ?? []),
    vhid,
    ...hashed.flatMap((address) => [...address]),
  ]);
}
