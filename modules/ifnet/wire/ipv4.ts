import { internetChecksum } from './checksum.js';

/** The length of a header without options, in bytes. */
export const IPV4_HDR_LEN = 20;
/** The protocol number of ICMP. */
export const IPPROTO_ICMP = 1;

/** The fields of an IPv4 header (RFC 791) that a sender chooses. */
export interface Ipv4Header {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly protocol: number;
  /** Time to live, 0 to 255. */
  readonly ttl: number;
  /** The type-of-service byte: DSCP and ECN. */
  readonly tos: number;
  readonly id: number;
}

/** A parsed packet; its byte arrays are views into the one that was parsed. */
export interface Ipv4Packet extends Ipv4Header {
  readonly fragment: boolean;
  /** The header's length with its options, in bytes. */
  readonly headerLength: number;
  readonly payload: Uint8Array;
}

/**
 * An IPv4 packet without options, with Don't Fragment set as every CARP sender sets it.
 *
 * @param packet what it is written to, as long as header and payload together; default a new array
 */
export function encodeIpv4(
  header: Ipv4Header,
  payload: Uint8Array,
  packet: Uint8Array = new Uint8Array(IPV4_HDR_LEN + payload.length),
): Uint8Array {
  packet[0] = 0x45;
  packet[1] = header.tos;
  setWord(packet, 2, packet.length);
  setWord(packet, 4, header.id);
  setWord(packet, 6, 0x4000);
  packet[8] = header.ttl;
  packet[9] = header.protocol;
  setWord(packet, 10, 0);
  packet.set(header.source, 12);
  packet.set(header.destination, 16);
  setWord(packet, 10, internetChecksum(packet, 0, IPV4_HDR_LEN));
  packet.set(payload, IPV4_HDR_LEN);
  return packet;
}

/**
 * `undefined` for what a host drops on input (RFC 1122 section 3.2.1): version, header length, total length,
 * checksum. Padding after the total length (short Ethernet frames) is cut off.
 */
export function parseIpv4(bytes: Uint8Array): Ipv4Packet | undefined {
  if (bytes.length < IPV4_HDR_LEN || bytes[0]! >> 4 !== 4) return undefined;
  const headerLength = (bytes[0]! & 0x0f) * 4;
  const totalLength = word(bytes, 2);
  if (headerLength < IPV4_HDR_LEN || totalLength < headerLength || totalLength > bytes.length)
    return undefined;
  if (internetChecksum(bytes, 0, headerLength) !== 0) return undefined;
  return {
    source: bytes.subarray(12, 16),
    destination: bytes.subarray(16, 20),
    protocol: bytes[9]!,
    ttl: bytes[8]!,
    tos: bytes[1]!,
    id: word(bytes, 4),
    fragment: (word(bytes, 6) & 0x3fff) !== 0,
    headerLength,
    payload: bytes.subarray(headerLength, totalLength),
  };
}

function setWord(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >> 8;
  bytes[offset + 1] = value;
}

function word(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}
