/** The length of the fixed header, in bytes. */
export const IPV6_HDR_LEN = 40;
/** The protocol number of ICMPv6. */
export const IPPROTO_ICMPV6 = 58;

/** The fields of an IPv6 header (RFC 8200) that a sender chooses. */
export interface Ipv6Header {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly nextHeader: number;
  /** 0 to 255. */
  readonly hopLimit: number;
  /** The traffic class byte: DSCP and ECN. */
  readonly trafficClass: number;
}

/** A parsed packet; its byte arrays are views into the one that was parsed. */
export interface Ipv6Packet extends Ipv6Header {
  readonly payload: Uint8Array;
}

/**
 * An IPv6 packet without extension headers and with flow label 0 (RFC 8200 section 3).
 *
 * @param packet what it is written to, as long as header and payload together; default a new array
 */
export function encodeIpv6(
  header: Ipv6Header,
  payload: Uint8Array,
  packet: Uint8Array = new Uint8Array(IPV6_HDR_LEN + payload.length),
): Uint8Array {
  packet[0] = 0x60 | (header.trafficClass >> 4);
  packet[1] = (header.trafficClass & 0x0f) << 4;
  packet[2] = 0;
  packet[3] = 0;
  packet[4] = payload.length >> 8;
  packet[5] = payload.length & 0xff;
  packet[6] = header.nextHeader;
  packet[7] = header.hopLimit;
  packet.set(header.source, 8);
  packet.set(header.destination, 24);
  packet.set(payload, IPV6_HDR_LEN);
  return packet;
}

/** `undefined` for a wrong version or a payload length beyond the bytes. Extension headers are not walked. */
export function parseIpv6(bytes: Uint8Array): Ipv6Packet | undefined {
  if (bytes.length < IPV6_HDR_LEN || bytes[0]! >> 4 !== 6) return undefined;
  const end = IPV6_HDR_LEN + ((bytes[4]! << 8) | bytes[5]!);
  if (end > bytes.length) return undefined;
  return {
    source: bytes.subarray(8, 24),
    destination: bytes.subarray(24, 40),
    nextHeader: bytes[6]!,
    hopLimit: bytes[7]!,
    trafficClass: ((bytes[0]! & 0x0f) << 4) | (bytes[1]! >> 4),
    payload: bytes.subarray(IPV6_HDR_LEN, end),
  };
}

/** ff02::1, every node on the link. */
export function allNodes6(): Uint8Array {
  return Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
}

/** ff02::1:ff and the low 24 bits of the address (RFC 4291 section 2.7.1). */
export function solicitedNode(address: Uint8Array): Uint8Array {
  return Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, address[13]!, address[14]!, address[15]!);
}
