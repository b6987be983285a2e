/**
 * @module
 * Ethernet II frames, without preamble and frame check sequence, untagged: what a packet socket sees.
 */

/** The length of the header, in bytes: destination, source, type. */
export const ETHER_HDR_LEN = 14;
/** The length of a link-layer address, in bytes. */
export const ETHER_ADDR_LEN = 6;
/** The type of frames that carry IPv4. */
export const ETHERTYPE_IP = 0x0800;
/** The type of frames that carry ARP. */
export const ETHERTYPE_ARP = 0x0806;
/** The type of frames that carry IPv6. */
export const ETHERTYPE_IPV6 = 0x86dd;

/** A parsed frame; all its byte arrays are views into the one that was parsed. */
export interface EthernetFrame {
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  readonly type: number;
  readonly payload: Uint8Array;
}

/** A frame with a copy of the payload; not padded to the least length. */
export function encodeEthernet(
  destination: Uint8Array,
  source: Uint8Array,
  type: number,
  payload: Uint8Array,
): Uint8Array {
  const frame = new Uint8Array(ETHER_HDR_LEN + payload.length);
  writeEthernetHeader(frame, destination, source, type);
  frame.set(payload, ETHER_HDR_LEN);
  return frame;
}

/** Writes the header of a frame that has its payload already, or will have it. */
export function writeEthernetHeader(
  frame: Uint8Array,
  destination: Uint8Array,
  source: Uint8Array,
  type: number,
): void {
  for (let i = 0; i < ETHER_ADDR_LEN; i++) {
    frame[i] = destination[i]!;
    frame[ETHER_ADDR_LEN + i] = source[i]!;
  }
  frame[12] = type >> 8;
  frame[13] = type & 0xff;
}

/** `undefined` when the frame is shorter than its header. */
export function parseEthernet(frame: Uint8Array): EthernetFrame | undefined {
  if (frame.length < ETHER_HDR_LEN) return undefined;
  return {
    destination: frame.subarray(0, 6),
    source: frame.subarray(6, 12),
    type: (frame[12]! << 8) | frame[13]!,
    payload: frame.subarray(ETHER_HDR_LEN),
  };
}

/** The group bit: set for multicast and for broadcast (IEEE 802.3 section 3.2.3). */
export function isGroupLladdr(lladdr: Uint8Array): boolean {
  return (lladdr[0]! & 1) === 1;
}

/** A link-layer address as one number (48 bits fit a double): a key for maps. */
export function lladdrKey(bytes: Uint8Array, offset = 0): number {
  const high = (bytes[offset]! << 16) | (bytes[offset + 1]! << 8) | bytes[offset + 2]!;
  const low = (bytes[offset + 3]! << 16) | (bytes[offset + 4]! << 8) | bytes[offset + 5]!;
  return high * 0x1000000 + low;
}
