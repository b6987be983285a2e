import type { InetFamily } from '../../ifnet/index.js';
import { CARP_AUTHLEN, CARP_HEADER_LEN, CARP_VERSION_TYPE } from './header.js';

/** The first byte of a VRRPv3 advertisement (RFC 9568, section 5.2). */
export const VRRP3_VERSION_TYPE = 0x31;
/** Header and authentication of VRRPv2, without addresses (RFC 3768, section 5.1). */
const VRRP2_LEN = 16;
const OFF_COUNT = 3;

/**
 * Whether a packet of protocol 112 is a VRRP advertisement. Its second byte is the id of the virtual router, where CARP
 * has the vhid. VRRPv2 has CARP's first byte, and the number of its IPv4 addresses where CARP has authlen; the lengths
 * never agree.
 */
export function isVrrp(family: InetFamily, payload: Uint8Array): boolean {
  if (payload[0] === VRRP3_VERSION_TYPE) return true;
  if (family === 6 || payload[0] !== CARP_VERSION_TYPE) return false;
  const count = payload[OFF_COUNT];
  if (payload.length === CARP_HEADER_LEN && count === CARP_AUTHLEN) return false;
  return count !== undefined && payload.length === VRRP2_LEN + 4 * count;
}
