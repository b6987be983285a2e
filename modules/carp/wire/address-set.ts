/**
 * The addresses of a vhid in the order in which they are hashed: every IPv4 address ascending, then every IPv6
 * address ascending, both as big-endian numbers. FreeBSD's and OpenBSD's `carp_hmac_prepare` pick the next greater
 * address in each round, between strict bounds; so an address given twice counts once, and the bounds themselves
 * (0.0.0.0, 255.255.255.255, ::, ff…ff) are never hashed.
 *
 * @param addresses as on the wire: 4 or 16 bytes each
 */
export function hashingOrder(addresses: readonly Uint8Array[]): Uint8Array[] {
  const sorted = addresses.filter((address) => !isBound(address)).toSorted(compareAddressBytes);
  return sorted.filter((address, i) => i === 0 || compareAddressBytes(address, sorted[i - 1]!) !== 0);
}

/** Shorter (IPv4) first, then by value. */
export function compareAddressBytes(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return 0;
}

/**
 * True for the IPv6 addresses whose zone KAME stacks embed in the address: link-local unicast, and multicast of
 * interface-local and link-local scope. OpenBSD leaves them out of the digest of what it sends (HMAC_NOV6LL).
 */
export function isScopeEmbedded(address: Uint8Array): boolean {
  if (address.length !== 16) return false;
  if (address[0] === 0xfe) return (address[1]! & 0xc0) === 0x80;
  return address[0] === 0xff && ((address[1]! & 0x0f) === 1 || (address[1]! & 0x0f) === 2);
}

function isBound(address: Uint8Array): boolean {
  return address.every((byte) => byte === 0) || address.every((byte) => byte === 0xff);
}
