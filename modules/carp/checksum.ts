/**
 * The Internet checksum (RFC 1071). For CARP it covers the 36 bytes of the header and nothing else: no
 * pseudo-header, for IPv4 and IPv6 alike; in this it differs from VRRPv3 (RFC 5798, 5.2.8).
 */

/**
 * The one's complement of the one's-complement sum of `bytes[start, end)`. Over data whose checksum field is zero
 * it gives the value to store (big endian); over data that carries its checksum it gives 0 when that is right.
 */
export function internetChecksum(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let sum = 0;
  let i = start;
  for (; i + 1 < end; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if (i < end) sum += bytes[i]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
