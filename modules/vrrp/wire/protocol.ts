import type { InetFamily } from '../../ifnet/index.js';
import { addressLength, VRRP_AUTH_LEN, VRRP_HEADER_LEN, VRRP_OFF_COUNT, VRRP_OFF_VERSION } from './header.js';

/** The length of every CARP advertisement, and its octet at VRRP's count of addresses. */
const CARP_LEN = 36;
const CARP_AUTHLEN = 7;

/** What speaks on IP protocol 112. */
export type Protocol112 = 'carp' | 'vrrp';

/**
 * Tells CARP from VRRP, whatever else is wrong with the packet; undefined: too short for either. Version 2 is CARP's
 * too. There only the length decides: a CARP advertisement has 36 octets and a 7 where VRRP counts its addresses, and
 * seven addresses take 44 octets. Over IPv6 version 2 is CARP.
 */
export function protocolOf(family: InetFamily, payload: Uint8Array): Protocol112 | undefined {
  if (payload.length < VRRP_HEADER_LEN) return undefined;
  if (payload[VRRP_OFF_VERSION]! >> 4 !== 2) return 'vrrp';
  const count = payload[VRRP_OFF_COUNT]!;
  if (payload.length === CARP_LEN && count === CARP_AUTHLEN) return 'carp';
  if (family === 4) return 'vrrp';
  const length = VRRP_HEADER_LEN + count * addressLength(family);
  return payload.length === length || payload.length === length + VRRP_AUTH_LEN ? 'vrrp' : 'carp';
}
