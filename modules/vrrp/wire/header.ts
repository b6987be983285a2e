import type { InetFamily } from '../../ifnet/index.js';

/** The IP protocol number of VRRP, which CARP has too. */
export const IPPROTO_VRRP = 112;
/** The only type there is (RFC 9568 section 5.2.2). */
export const VRRP_ADVERTISEMENT = 1;
/** Up to the addresses; the same in every version. */
export const VRRP_HEADER_LEN = 8;
/** Version 2 ends with so many octets of authentication data, whatever the type (RFC 3768 section 5.3.10). */
export const VRRP_AUTH_LEN = 8;

/** Version in the high four bits, type in the low ones. */
export const VRRP_OFF_VERSION = 0;
export const VRRP_OFF_VRID = 1;
export const VRRP_OFF_PRIORITY = 2;
export const VRRP_OFF_COUNT = 3;
/** Version 2: the authentication type. Version 3: four reserved bits and the high four of the interval. */
export const VRRP_OFF_AUTH = 4;
/** Version 2: seconds. Version 3: the low eight bits of the interval in centiseconds. */
export const VRRP_OFF_INTERVAL = 5;
export const VRRP_OFF_CHECKSUM = 6;

/** The address owner (RFC 9568 section 5.2.4). */
export const VRRP_PRIORITY_OWNER = 255;
/**
 * The lowest that can be set. carpet's say it while they are drained or cannot serve, before they say priority 0: they go on
 * as BACKUP, where one that stops says 0 after its own priority.
 */
export const VRRP_PRIORITY_LEAST = 1;
/** The sender ceases to be the Active router. */
export const VRRP_PRIORITY_STOP = 0;
/** The highest interval of version 3 in centiseconds: twelve bits. */
export const VRRP_MAX_INTERVAL_CS = 4095;
/** The highest interval of version 2 in seconds. */
export const VRRP2_MAX_INTERVAL_S = 255;

/** Version 2 is for IPv4 alone (RFC 3768), version 3 for both families (RFC 9568). */
export type VrrpVersion = 2 | 3;

/** Authentication types of version 2: RFC 2338's, which RFC 3768 reserves. */
export const VRRP_AUTH_NONE = 0;
/** A password in clear text. */
export const VRRP_AUTH_PASS = 1;
/** The IP authentication header. */
export const VRRP_AUTH_AH = 2;

/** Octets of one address in the list. */
export function addressLength(family: InetFamily): 4 | 16 {
  return family === 4 ? 4 : 16;
}

/** The exact length of an advertisement with `count` addresses. */
export function advertisementLength(version: VrrpVersion, family: InetFamily, count: number): number {
  return VRRP_HEADER_LEN + count * addressLength(family) + (version === 2 ? VRRP_AUTH_LEN : 0);
}
