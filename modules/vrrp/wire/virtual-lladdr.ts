import type { InetFamily } from '../../ifnet/index.js';

/** The virtual router MAC: 00-00-5E-00-01-VRID for IPv4, 00-00-5E-00-02-VRID for IPv6 (RFC 9568 section 7.3). */
export function virtualRouterMac(family: InetFamily, vrid: number): Uint8Array {
  return Uint8Array.of(0x00, 0x00, 0x5e, 0x00, family === 4 ? 1 : 2, vrid);
}
