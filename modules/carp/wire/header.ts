/**
 * The CARPv2 advertisement: 36 bytes, IP protocol 112, everything in network byte order.
 *
 *      0        1        2        3
 *     +--------+--------+--------+--------+
 *     |ver|type|  vhid  | advskew| authlen|     0x21, 1..255, 0..255, 7
 *     +--------+--------+--------+--------+
 *     | demote | advbase|    checksum     |     demote is OpenBSD's; FreeBSD and ucarp send 0
 *     +--------+--------+--------+--------+
 *     |            counter (8)            |
 *     |     SHA-1 HMAC (20), digest.ts    |
 *     +-----------------------------------+
 *
 * The digest does not cover advbase, advskew, demote, authlen and checksum: any host on the link can alter them
 * in a captured advertisement. The checksum is over these 36 bytes, without a pseudo-header, in both families.
 * FreeBSD ip_carp.h, `struct carp_header`; OpenBSD ip_carp.h.
 *
 * @module
 */
import { internetChecksum } from '../../ifnet/index.js';

/** IP protocol number, shared with VRRP. */
export const IPPROTO_CARP = 112;
export const CARP_VERSION = 2;
/** The only type. */
export const CARP_ADVERTISEMENT = 1;
/** The first byte of every CARPv2 advertisement, and of every VRRPv2 one. */
export const CARP_VERSION_TYPE = (CARP_VERSION << 4) | CARP_ADVERTISEMENT;
/** Length of an advertisement in bytes. */
export const CARP_HEADER_LEN = 36;
/** Length of counter and digest in 32-bit words. Every implementation sends it, none checks it. */
export const CARP_AUTHLEN = 7;
/** advbase and advskew of the bow-out, the last advertisement of a MASTER that steps down. */
export const CARP_BOW_OUT = 255;

export const CARP_OFF_VHID = 1;
export const CARP_OFF_ADVSKEW = 2;
export const CARP_OFF_AUTHLEN = 3;
export const CARP_OFF_DEMOTE = 4;
export const CARP_OFF_ADVBASE = 5;
export const CARP_OFF_CHECKSUM = 6;
export const CARP_OFF_COUNTER = 8;
export const CARP_OFF_DIGEST = 16;

/** Computes the checksum over the header and stores it in it. */
export function storeChecksum(packet: Uint8Array): void {
  packet[CARP_OFF_CHECKSUM] = 0;
  packet[CARP_OFF_CHECKSUM + 1] = 0;
  const sum = internetChecksum(packet);
  packet[CARP_OFF_CHECKSUM] = sum >> 8;
  packet[CARP_OFF_CHECKSUM + 1] = sum & 0xff;
}
