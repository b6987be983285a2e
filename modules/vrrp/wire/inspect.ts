import type { InetAddress, InetFamily } from '../../ifnet/index.js';
import { protocolOf } from '../../vip/index.js';
import { authType, type VrrpAuth } from './advertisement.js';
import { type VrrpChecksum, vrrpChecksumOf } from './checksum.js';
import {
  addressLength,
  advertisementLength,
  VRRP_ADVERTISEMENT,
  VRRP_AUTH_LEN,
  VRRP_HEADER_LEN,
  VRRP_OFF_AUTH,
  VRRP_OFF_COUNT,
  VRRP_OFF_INTERVAL,
  VRRP_OFF_PRIORITY,
  VRRP_OFF_VERSION,
  VRRP_OFF_VRID,
  type VrrpVersion,
} from './header.js';
import { passwordData, sameSecret } from './password.js';
import { VRRP_TRAILER_LEN, type VrrpSequence, verifyTrailer } from './trailer.js';

/** What a receiver demands. */
export interface VrrpExpectation {
  readonly version: VrrpVersion;
  readonly vrid: number;
  /** The lowest TTL or hop limit: 255 for multicast (RFC 9568 section 7.1), less for a unicast peer behind routers. */
  readonly minTtl: number;
  readonly auth?: VrrpAuth | undefined;
}

/** An advertisement as it came: what lies behind the IP header, or behind an AH header that was right. */
export interface VrrpPacket {
  readonly family: InetFamily;
  readonly source: InetAddress;
  readonly destination: InetAddress;
  /** Undefined: unknown, and not checked. */
  readonly ttl?: number | undefined;
  readonly payload: Uint8Array;
}

/** Why an advertisement is discarded, by what counts such. */
export type VrrpRefusal =
  | 'badlen'
  | 'carp'
  | 'badver'
  | 'badvrid'
  | 'badttl'
  | 'badtype'
  | 'badcount'
  | 'badinterval'
  | 'badsum'
  | 'badauth';

/** What an advertisement says besides its addresses. */
export interface VrrpWords {
  /** 0: it stops; 255: it owns the addresses. */
  readonly priority: number;
  /** Centiseconds, whatever the version. */
  readonly interval: number;
  /** The rule that its checksum keeps. */
  readonly checksum: VrrpChecksum;
  /** From its trailer, which was right. */
  readonly sequence?: VrrpSequence | undefined;
}

/**
 * Checks an advertisement, RFC 9568 section 7.1 and its errata 8299 (no addresses) and 8301 (no interval): the version
 * and number first, which decide whose it is. Address list and interval are not compared.
 */
export function inspect(packet: VrrpPacket, wanted: VrrpExpectation): VrrpWords | VrrpRefusal {
  const { family, payload, ttl = 255 } = packet;
  if (payload.length < VRRP_HEADER_LEN) return 'badlen';
  if (protocolOf(family, payload) === 'carp') return 'carp';
  const version = payload[VRRP_OFF_VERSION]! >> 4;
  if (version !== wanted.version || (version === 2 && family === 6)) return 'badver';
  if (payload[VRRP_OFF_VRID] !== wanted.vrid) return 'badvrid';
  if (ttl < wanted.minTtl) return 'badttl';
  if ((payload[VRRP_OFF_VERSION]! & 0x0f) !== VRRP_ADVERTISEMENT) return 'badtype';
  return inspectBody(packet, wanted.version, wanted.auth);
}

/** The addresses as they stand in an advertisement that was found right, a view. */
export function listOf({ family, payload }: Pick<VrrpPacket, 'family' | 'payload'>): Uint8Array {
  return payload.subarray(VRRP_HEADER_LEN, VRRP_HEADER_LEN + listLength(family, payload));
}

/** Whether those are the addresses of `list`, in the same order. Asked of each advertisement, so it makes nothing. */
export function hasList(
  { family, payload }: Pick<VrrpPacket, 'family' | 'payload'>,
  list: Uint8Array,
): boolean {
  if (list.length !== listLength(family, payload)) return false;
  for (let i = 0; i < list.length; i++) if (payload[VRRP_HEADER_LEN + i] !== list[i]) return false;
  return true;
}

function listLength(family: InetFamily, payload: Uint8Array): number {
  return payload[VRRP_OFF_COUNT]! * addressLength(family);
}

function inspectBody(
  packet: VrrpPacket,
  version: VrrpVersion,
  auth: VrrpAuth | undefined,
): VrrpWords | VrrpRefusal {
  const { family, source, payload } = packet;
  const count = payload[VRRP_OFF_COUNT]!;
  const length = advertisementLength(version, family, count);
  const sealed = payload.length === length + VRRP_TRAILER_LEN;
  if (payload.length !== length && !sealed) return 'badlen';
  if (count === 0) return 'badcount';
  const interval = intervalOf(payload, version);
  if (interval === 0) return 'badinterval';
  const checksum = vrrpChecksumOf(payload, version, packet, family === 4 ? length : payload.length);
  if (checksum === undefined) return 'badsum';
  const sequence = auth?.type === 'hmac' ? verifyTrailer(payload, length, auth.key, source) : undefined;
  if (sealed !== (sequence !== undefined) || (auth?.type === 'hmac' && !sealed)) return 'badauth';
  if (version === 2 && !isAuthentic(payload, length, auth)) return 'badauth';
  return { priority: payload[VRRP_OFF_PRIORITY]!, interval, checksum, sequence };
}

/** In centiseconds. The reserved bits of version 3 are ignored (RFC 9568 section 5.2.6). */
function intervalOf(payload: Uint8Array, version: VrrpVersion): number {
  const low = payload[VRRP_OFF_INTERVAL]!;
  return version === 2 ? low * 100 : ((payload[VRRP_OFF_AUTH]! & 0x0f) << 8) | low;
}

/** RFC 3768 section 7.1: type and data are as set here. With type 0 the data is ignored. */
function isAuthentic(payload: Uint8Array, length: number, auth: VrrpAuth | undefined): boolean {
  if (payload[VRRP_OFF_AUTH] !== authType(auth)) return false;
  if (auth?.type !== 'pass') return true;
  return sameSecret(passwordData(auth.password), payload.subarray(length - VRRP_AUTH_LEN, length));
}
