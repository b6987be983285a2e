/** @module Neighbour discovery messages (RFC 4861 sections 4.3, 4.4) as ICMPv6 payloads, with their checksum. */
import { internetChecksum, pseudoHeaderSum6 } from './checksum.js';
import { IPPROTO_ICMPV6 } from './ipv6.js';

/** ICMPv6 type: who has this address? */
export const ND_NEIGHBOR_SOLICIT = 135;
/** ICMPv6 type: I have it. */
export const ND_NEIGHBOR_ADVERT = 136;
/** Flag of an advertisement, in the first byte after the checksum: the sender is a router. */
export const ND_NA_FLAG_ROUTER = 0x80;
/** Flag of an advertisement: it answers a solicitation. */
export const ND_NA_FLAG_SOLICITED = 0x40;
/** Flag of an advertisement: it replaces a link-layer address that the receiver knows. */
export const ND_NA_FLAG_OVERRIDE = 0x20;

const OPT_SOURCE_LLADDR = 1;
const OPT_TARGET_LLADDR = 2;
const FIXED_LEN = 24;

/** A neighbour solicitation or advertisement. */
export interface NeighbourMessage {
  readonly type: number;
  /** The flags byte of an advertisement; 0 in a solicitation. */
  readonly flags: number;
  readonly target: Uint8Array;
  /** Source link-layer address option of a solicitation, target link-layer address option of an advertisement. */
  readonly lladdr?: Uint8Array | undefined;
}

/** The message with its ICMPv6 checksum, which covers the addresses it is sent between. */
export function encodeNeighbour(
  message: NeighbourMessage,
  source: Uint8Array,
  destination: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(FIXED_LEN + (message.lladdr === undefined ? 0 : 8));
  bytes[0] = message.type;
  bytes[4] = message.flags;
  bytes.set(message.target, 8);
  if (message.lladdr !== undefined) {
    bytes[FIXED_LEN] = message.type === ND_NEIGHBOR_SOLICIT ? OPT_SOURCE_LLADDR : OPT_TARGET_LLADDR;
    bytes[FIXED_LEN + 1] = 1;
    bytes.set(message.lladdr, FIXED_LEN + 2);
  }
  return checksummed6(bytes, source, destination);
}

/** Writes the ICMPv6 checksum (RFC 4443 section 2.3) into `bytes` and returns them. */
export function checksummed6(bytes: Uint8Array, source: Uint8Array, destination: Uint8Array): Uint8Array {
  bytes[2] = 0;
  bytes[3] = 0;
  const sum = internetChecksum(bytes, pseudoHeaderSum6(source, destination, bytes.length, IPPROTO_ICMPV6));
  bytes[2] = sum >> 8;
  bytes[3] = sum & 0xff;
  return bytes;
}

/** Whether an ICMPv6 payload carries the right checksum. */
export function validIcmp6(bytes: Uint8Array, source: Uint8Array, destination: Uint8Array): boolean {
  if (bytes.length < 8) return false;
  return internetChecksum(bytes, pseudoHeaderSum6(source, destination, bytes.length, IPPROTO_ICMPV6)) === 0;
}

/**
 * Parses a solicitation or an advertisement; the caller has checked the checksum and that the hop limit is 255.
 * `undefined` when it is neither, or malformed (RFC 4861 sections 7.1.1, 7.1.2: code, length, options of length 0,
 * multicast target).
 */
export function parseNeighbour(bytes: Uint8Array): NeighbourMessage | undefined {
  const type = bytes[0];
  if (type !== ND_NEIGHBOR_SOLICIT && type !== ND_NEIGHBOR_ADVERT) return undefined;
  if (bytes.length < FIXED_LEN || bytes[1] !== 0 || bytes[8] === 0xff) return undefined;
  const wanted = type === ND_NEIGHBOR_SOLICIT ? OPT_SOURCE_LLADDR : OPT_TARGET_LLADDR;
  const target = bytes.subarray(8, FIXED_LEN);
  const flags = type === ND_NEIGHBOR_ADVERT ? bytes[4]! : 0;
  let lladdr: Uint8Array | undefined;
  for (let at = FIXED_LEN; at < bytes.length; ) {
    const length = at + 1 < bytes.length ? bytes[at + 1]! * 8 : 0;
    if (length === 0 || at + length > bytes.length) return undefined;
    if (bytes[at] === wanted && length === 8) lladdr = bytes.subarray(at + 2, at + 8);
    at += length;
  }
  return { type, flags, target, lladdr };
}
