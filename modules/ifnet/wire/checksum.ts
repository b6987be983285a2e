/**
 * The Internet checksum (RFC 1071): the one's complement of the one's complement sum of 16-bit big-endian words.
 * `start` carries a partial sum in, so that a pseudo-header (RFC 8200 section 8.1) need not be laid out in memory.
 * Over data that contains a right checksum the result is 0. `length`: only so many of the bytes, from the first.
 */
export function internetChecksum(bytes: Uint8Array, start = 0, length = bytes.length): number {
  let sum = wordSum(bytes, length) + start;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** The plain sum of the 16-bit words, an odd last byte counting as a high byte. To be used as `start`. */
export function wordSum(bytes: Uint8Array, length = bytes.length): number {
  let sum = 0;
  const even = length & ~1;
  for (let i = 0; i < even; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  return even < length ? sum + (bytes[even]! << 8) : sum;
}

/** The sum of IPv6's pseudo-header: source, destination, upper-layer length, next header (RFC 8200 section 8.1). */
export function pseudoHeaderSum6(
  source: Uint8Array,
  destination: Uint8Array,
  length: number,
  nextHeader: number,
): number {
  return wordSum(source) + wordSum(destination) + (length >>> 16) + (length & 0xffff) + nextHeader;
}
