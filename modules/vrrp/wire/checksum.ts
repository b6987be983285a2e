/**
 * Three checksums of version 3 over IPv4 exist. RFC 5798 can be read as including a pseudo-header, as TCP has it, and
 * keepalived, FRR and FreeBSD do so. RFC 9568 section 5.2.8 says: the message alone. keepalived up to 1.3.6 put
 * 224.0.0.18 into the pseudo-header of unicast advertisements too. Version 2 has no pseudo-header, IPv6 always has one.
 *
 * @module
 */
import { InetAddress, internetChecksum, pseudoHeaderSum6, wordSum } from '../../ifnet/index.js';
import { IPPROTO_VRRP, VRRP_OFF_CHECKSUM, type VrrpVersion } from './header.js';

/** What a checksum of version 3 over IPv4 may cover: see the note above. */
export const VRRP_CHECKSUMS = ['pseudo-header', 'rfc9568', 'old-unicast'] as const;
/** One of {@link VRRP_CHECKSUMS}. */
export type VrrpChecksum = (typeof VRRP_CHECKSUMS)[number];

/** Where there is one rule only. */
const SINGLE: readonly VrrpChecksum[] = ['pseudo-header'];
const GROUP = InetAddress.parse('224.0.0.18');

/** The way of an advertisement, as far as a pseudo-header includes it. */
export interface VrrpWay {
  readonly source: InetAddress;
  readonly destination: InetAddress;
}

/** Writes the checksum over the first `length` octets of a message. */
export function storeVrrpChecksum(
  message: Uint8Array,
  version: VrrpVersion,
  way: VrrpWay,
  kind: VrrpChecksum,
  length = message.length,
): void {
  message[VRRP_OFF_CHECKSUM] = 0;
  message[VRRP_OFF_CHECKSUM + 1] = 0;
  const sum = internetChecksum(message, startOf(version, way, kind, length), length);
  message[VRRP_OFF_CHECKSUM] = sum >> 8;
  message[VRRP_OFF_CHECKSUM + 1] = sum & 0xff;
}

/**
 * By which rule the checksum over the first `length` octets is right; undefined: by none. What has one rule only counts
 * as the first of them.
 */
export function vrrpChecksumOf(
  message: Uint8Array,
  version: VrrpVersion,
  way: VrrpWay,
  length = message.length,
): VrrpChecksum | undefined {
  // The words are summed once; the pseudo-headers differ.
  const sum = wordSum(message, length);
  const single = version === 2 || way.source.family === 6;
  for (const kind of single ? SINGLE : VRRP_CHECKSUMS) {
    if (internetChecksum(message, sum + startOf(version, way, kind, length), 0) === 0) return kind;
  }
  return undefined;
}

/** The sum of what is covered beside the message. */
function startOf(
  version: VrrpVersion,
  { source, destination }: VrrpWay,
  kind: VrrpChecksum,
  length: number,
): number {
  if (version === 2) return 0;
  if (source.family === 6) return pseudoHeaderSum6(source.bytes, destination.bytes, length, IPPROTO_VRRP);
  if (kind === 'rfc9568') return 0;
  const to = kind === 'old-unicast' ? GROUP : destination;
  return wordSum(source.bytes) + wordSum(to.bytes) + IPPROTO_VRRP + length;
}
