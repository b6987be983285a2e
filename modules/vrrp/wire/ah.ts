/**
 * The IP authentication header as keepalived sends it around version 2 (`auth_type AH`): IP protocol 51, the SPI is the
 * source address, and the value is HMAC-MD5 over the whole datagram, without what a router on the way may change.
 * RFC 3768 has dropped it, and it keeps nobody from repeating an advertisement.
 *
 * @module
 */
import { hmac } from '@noble/hashes/hmac.js';
import { md5 } from '@noble/hashes/legacy.js';
import { IPPROTO_VRRP, VRRP_AUTH_LEN } from './header.js';
import { passwordData, sameSecret } from './password.js';

/** The protocol number of the authentication header (RFC 4302). */
export const IPPROTO_AH = 51;
/** The length of the header with its value. */
export const AH_LEN = 24;
const OFF_VALUE = 12;
/** RFC 2403: HMAC-MD5, cut to 96 bits. */
const VALUE_LEN = 12;
/** In 32-bit words less two (RFC 4302 section 2.2). */
const PAYLOAD_LEN = 4;

const IP_TOS = 1;
const IP_FRAGMENT = 6;
const IP_TTL = 8;
const IP_CHECKSUM = 10;
const IP_SOURCE = 12;
const IP_DESTINATION = 16;

/** The header's plain fields, with a value of zeros, for advertisement number `sequence` from `source`. */
export function ahHeader(source: Uint8Array, sequence: number): Uint8Array {
  const header = new Uint8Array(AH_LEN);
  header[0] = IPPROTO_VRRP;
  header[1] = PAYLOAD_LEN;
  header.set(source, 4);
  new DataView(header.buffer).setUint32(8, sequence);
  return header;
}

/** Fills in the value of an IPv4 datagram without options that holds the header and an advertisement. */
export function signAh(datagram: Uint8Array, password: Uint8Array): void {
  const start = headerLength(datagram);
  datagram.set(valueOf(datagram, password), start + OFF_VALUE);
}

/** The advertisement in the datagram; undefined if the header is none of VRRP's, or its value is wrong. */
export function openAh(datagram: Uint8Array, password: Uint8Array): Uint8Array | undefined {
  const start = headerLength(datagram);
  const payload = datagram.subarray(start);
  if (payload.length < AH_LEN + VRRP_AUTH_LEN) return undefined;
  if (payload[0] !== IPPROTO_VRRP || payload[1] !== PAYLOAD_LEN) return undefined;
  const value = payload.subarray(OFF_VALUE, OFF_VALUE + VALUE_LEN);
  return sameSecret(valueOf(datagram, password), value) ? payload.subarray(AH_LEN) : undefined;
}

function headerLength(datagram: Uint8Array): number {
  return (datagram[0]! & 0x0f) * 4;
}

/** What a router may change counts as zero; keepalived keeps the TTL of a multicast datagram, which no router forwards. */
function valueOf(datagram: Uint8Array, password: Uint8Array): Uint8Array {
  const covered = datagram.slice();
  const start = headerLength(covered);
  covered[IP_TOS] = 0;
  covered.fill(0, IP_FRAGMENT, IP_FRAGMENT + 2);
  covered.fill(0, IP_CHECKSUM, IP_SOURCE);
  if (covered[IP_DESTINATION]! >> 4 !== 0xe) covered[IP_TTL] = 0;
  covered.fill(0, start + OFF_VALUE, start + AH_LEN);
  return hmac(md5, passwordData(password), covered).subarray(0, VALUE_LEN);
}
