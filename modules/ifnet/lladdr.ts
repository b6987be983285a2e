/** @module Link-layer addresses: six bytes for Ethernet, written `02:00:00:00:00:01`. */
import type { InetAddress } from './address.js';
import { AddressError } from './errors.js';

/** ff:ff:ff:ff:ff:ff, a fresh copy. */
export function broadcastLladdr(): Uint8Array {
  return new Uint8Array(6).fill(0xff);
}

/** Six hexadecimal bytes with `:` or `-` between them. @throws AddressError EADDR for anything else */
export function parseLladdr(text: string): Uint8Array {
  if (!/^[0-9a-f]{1,2}([:-][0-9a-f]{1,2}){5}$/i.test(text)) {
    throw new AddressError(text, 'a link-layer address like 02:00:00:00:00:01');
  }
  return Uint8Array.from(text.split(/[:-]/), (byte) => Number.parseInt(byte, 16));
}

/** Any number of bytes, lower case, with `:` between them. */
export function formatLladdr(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** The group's Ethernet address: 01:00:5e and 23 bits (RFC 1112 section 6.4), or 33:33 and 32 bits (RFC 2464 section 7). */
export function multicastLladdr(group: InetAddress): Uint8Array {
  const b = group.bytes;
  if (group.family === 4) return Uint8Array.of(0x01, 0x00, 0x5e, b[1]! & 0x7f, b[2]!, b[3]!);
  return Uint8Array.of(0x33, 0x33, b[12]!, b[13]!, b[14]!, b[15]!);
}
