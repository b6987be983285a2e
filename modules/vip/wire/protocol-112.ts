/**
 * What tells CARP from VRRP, which share IP protocol 112, its groups and their numbers.
 *
 * Each protocol has sockets of its own, with a filter in the kernel that passes its versions and its numbers. No number of an
 * interface is both protocols' (claim/), so a packet wakes one of them at most. One socket for both would spare the kernel a copy
 * and a filter that says no, 0.2 to 0.7 µs for each packet on a host that runs both; it would cost every packet a step through a
 * room that both share, and tie together what differs: TTLs, broadcast, filters, errors and reopening, reading before a
 * deadline, and which module is loaded when.
 *
 * @module
 */
import type { InetFamily } from '../../ifnet/index.js';

/** The first byte of a VRRPv3 advertisement (RFC 9568 section 5.2). */
export const VRRP3_VERSION_TYPE = 0x31;
/** That of a VRRPv2 advertisement, and of every CARP one. */
const VRRP2_VERSION_TYPE = 0x21;

/** VRRP's count of addresses, CARP's authlen. */
const OFF_COUNT = 3;
/** Header and authentication of VRRPv2, without addresses (RFC 3768 section 5.1). */
const VRRP2_LEN = 16;
/** Every CARP advertisement. */
const CARP_LEN = 36;
const CARP_AUTHLEN = 7;

/** What speaks on IP protocol 112. */
export type Protocol112 = 'carp' | 'vrrp';

/**
 * Tells CARP from VRRP, whose second byte is the number of a virtual host alike. VRRPv2, which has IPv4 only, shares CARP's
 * first byte: there the lengths decide, which never agree, as seven addresses take 44 octets.
 *
 * @returns undefined: it is no whole advertisement of either, and each may say what is wrong with it
 */
export function protocolOf(family: InetFamily, payload: Uint8Array): Protocol112 | undefined {
  if (payload[0] === VRRP3_VERSION_TYPE) return 'vrrp';
  const count = payload[OFF_COUNT];
  if (payload[0] !== VRRP2_VERSION_TYPE || count === undefined) return undefined;
  if (payload.length === CARP_LEN && count === CARP_AUTHLEN) return 'carp';
  return family === 4 && payload.length === VRRP2_LEN + 4 * count ? 'vrrp' : undefined;
}
