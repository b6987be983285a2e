/**
 * The trailer of draft-cassen-vrrp-auth-hmac, as keepalived 2.4 sends it with `auth_hmac`: 28 octets after an
 * advertisement of either version. The IPv4 checksum ends before it; over IPv6 the kernel's covers it.
 *
 *     0  type 1, key id, two zeros
 *     4  sequence: seconds, 1/65536 s, counter
 *     12 first half of HMAC-SHA256
 *
 * @module
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { InetAddress } from '../../ifnet/index.js';
import { VRRP_OFF_CHECKSUM, VRRP_OFF_VERSION, VRRP_OFF_VRID } from './header.js';
import { sameSecret } from './password.js';

/** The length of the trailer. */
export const VRRP_TRAILER_LEN = 28;
const TYPE = 1;
const OFF_SEQUENCE = 4;
const OFF_DIGEST = 12;
const DIGEST_LEN = 16;
const ADDRESS_LEN = 16;

/** A key that both sides have. */
export interface VrrpKey {
  /** 1 to 255. */
  readonly id: number;
  /** 32 to 64 octets. */
  readonly key: Uint8Array;
}

/** When a trailer was made: greater for every advertisement of a sender. */
export interface VrrpSequence {
  /** Since 1970, UTC. */
  readonly seconds: number;
  /** 1/65536 s. */
  readonly fraction: number;
  /** Of the advertisements made at the same time. */
  readonly counter: number;
}

/** Writes the trailer after the first `length` octets, which are an advertisement with its checksum. */
export function signTrailer(
  packet: Uint8Array,
  length: number,
  { id, key }: VrrpKey,
  { seconds, fraction, counter }: VrrpSequence,
  source: InetAddress,
): void {
  const view = new DataView(packet.buffer, packet.byteOffset + length, VRRP_TRAILER_LEN);
  view.setUint8(0, TYPE);
  view.setUint8(1, id);
  view.setUint16(2, 0);
  view.setUint32(OFF_SEQUENCE, seconds);
  view.setUint16(OFF_SEQUENCE + 4, fraction);
  view.setUint16(OFF_SEQUENCE + 6, counter);
  packet.set(digestOf(packet, length, key, source), length + OFF_DIGEST);
}

/** The sequence of the trailer after the first `length` octets; undefined if it is not one of this key. */
export function verifyTrailer(
  packet: Uint8Array,
  length: number,
  { id, key }: VrrpKey,
  source: InetAddress,
): VrrpSequence | undefined {
  if (packet.length !== length + VRRP_TRAILER_LEN) return undefined;
  if (packet[length] !== TYPE || packet[length + 1] !== id) return undefined;
  const digest = packet.subarray(length + OFF_DIGEST, length + OFF_DIGEST + DIGEST_LEN);
  if (!sameSecret(digestOf(packet, length, key, source), digest)) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset + length + OFF_SEQUENCE);
  return { seconds: view.getUint32(0), fraction: view.getUint16(4), counter: view.getUint16(6) };
}

/** Over a pseudo-header of its own, the message with a checksum of zero, and the trailer with a digest of zeros. */
function digestOf(packet: Uint8Array, length: number, key: Uint8Array, source: InetAddress): Uint8Array {
  const pseudo = 4 + ADDRESS_LEN;
  const covered = new Uint8Array(pseudo + length + VRRP_TRAILER_LEN);
  covered[0] = source.family;
  covered[1] = packet[VRRP_OFF_VERSION]! >> 4;
  covered[2] = packet[VRRP_OFF_VRID]!;
  covered.set(source.bytes, 4);
  covered.set(packet.subarray(0, length + OFF_DIGEST), pseudo);
  covered.fill(0, pseudo + VRRP_OFF_CHECKSUM, pseudo + VRRP_OFF_CHECKSUM + 2);
  return hmac(sha256, key, covered).subarray(0, DIGEST_LEN);
}
