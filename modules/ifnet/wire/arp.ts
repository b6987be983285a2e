/** The length of an ARP packet for IPv4 over Ethernet (RFC 826), in bytes, after the Ethernet header. */
export const ARP_LEN = 28;
/** Operation: who has this address? */
export const ARPOP_REQUEST = 1;
/** Operation: I have it. */
export const ARPOP_REPLY = 2;

/** An ARP packet for IPv4 over Ethernet (RFC 826). Link-layer addresses are six bytes, addresses four. */
export interface ArpPacket {
  readonly operation: number;
  readonly senderLladdr: Uint8Array;
  readonly senderAddress: Uint8Array;
  readonly targetLladdr: Uint8Array;
  readonly targetAddress: Uint8Array;
}

/** The 28 bytes of an ARP packet. */
export function encodeArp(packet: ArpPacket): Uint8Array {
  const bytes = new Uint8Array(ARP_LEN);
  bytes.set([0, 1, 8, 0, 6, 4, packet.operation >> 8, packet.operation & 0xff]);
  bytes.set(packet.senderLladdr, 8);
  bytes.set(packet.senderAddress, 14);
  bytes.set(packet.targetLladdr, 18);
  bytes.set(packet.targetAddress, 24);
  return bytes;
}

/** `undefined` when too short or not IPv4 over Ethernet. Ethernet's padding after the packet is ignored. */
export function parseArp(bytes: Uint8Array): ArpPacket | undefined {
  if (bytes.length < ARP_LEN) return undefined;
  const expected = [0, 1, 8, 0, 6, 4];
  if (expected.some((byte, i) => bytes[i] !== byte)) return undefined;
  return {
    operation: (bytes[6]! << 8) | bytes[7]!,
    senderLladdr: bytes.subarray(8, 14),
    senderAddress: bytes.subarray(14, 18),
    targetLladdr: bytes.subarray(18, 24),
    targetAddress: bytes.subarray(24, 28),
  };
}
