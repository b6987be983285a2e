/**
 * IP headers as a capture has them. Unlike `parseIpv4` of ifnet, which drops what a host drops, this says what is wrong:
 * a capture may be cut short, and is looked at because something is wrong in it.
 *
 * @module
 */
import {
  InetAddress,
  type InetFamily,
  IPV4_HDR_LEN,
  IPV6_HDR_LEN,
  internetChecksum,
} from '../ifnet/index.js';
import type { LinkFrame } from './link-layer.js';

const ETHERTYPE_IP = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
/** Hop-by-hop options, routing, destination options: RFC 8200 section 4. */
const OPTIONS = new Set([0, 43, 60]);
/** More than any stack builds. */
const MAX_HEADERS = 8;

/** An IP packet of a capture. */
export interface CapturedIp {
  readonly family: InetFamily;
  readonly source: InetAddress;
  readonly destination: InetAddress;
  /** Time to live, or hop limit. */
  readonly ttl: number;
  /** What `payload` is, behind extension headers. */
  readonly protocol: number;
  /** As far as it was captured. */
  readonly payload: Uint8Array;
  /** How long it was when it was sent. */
  readonly length: number;
  /** Whether it is a part of a larger packet. */
  readonly fragment: boolean;
  /** Whether an authentication header (RFC 4302) stands in front of it. */
  readonly authenticated: boolean;
  /** Whether the header is as it was sent; an IPv6 header has no checksum. */
  readonly headerHolds: boolean;
}

/** The IP packet in a frame. @returns undefined if there is none, or less than its fixed header */
export function capturedIp({ etherType, payload }: LinkFrame): CapturedIp | undefined {
  if (etherType === ETHERTYPE_IP) return capturedIpv4(payload);
  return etherType === ETHERTYPE_IPV6 ? capturedIpv6(payload) : undefined;
}

function capturedIpv4(bytes: Uint8Array): CapturedIp | undefined {
  if (bytes.length < IPV4_HDR_LEN || bytes[0]! >> 4 !== 4) return undefined;
  const headerLength = (bytes[0]! & 15) * 4;
  const total = word(bytes, 2);
  if (headerLength < IPV4_HDR_LEN || total < headerLength) return undefined;
  const inner = behindHeaders(bytes.subarray(0, total), headerLength, bytes[9]!);
  return {
    family: 4,
    source: InetAddress.from(bytes.subarray(12, 16)),
    destination: InetAddress.from(bytes.subarray(16, 20)),
    ttl: bytes[8]!,
    protocol: inner.protocol,
    payload: inner.payload,
    authenticated: inner.authenticated,
    fragment: (word(bytes, 6) & 0x3fff) !== 0,
    length: Math.max(0, total - inner.start),
    headerHolds: bytes.length < headerLength || internetChecksum(bytes, 0, headerLength) === 0,
  };
}

function capturedIpv6(bytes: Uint8Array): CapturedIp | undefined {
  if (bytes.length < IPV6_HDR_LEN || bytes[0]! >> 4 !== 6) return undefined;
  const total = IPV6_HDR_LEN + word(bytes, 4);
  const inner = behindHeaders(bytes.subarray(0, total), IPV6_HDR_LEN, bytes[6]!);
  return {
    family: 6,
    source: InetAddress.from(bytes.subarray(8, 24)),
    destination: InetAddress.from(bytes.subarray(24, 40)),
    ttl: bytes[7]!,
    protocol: inner.protocol,
    payload: inner.payload,
    authenticated: inner.authenticated,
    fragment: inner.fragment,
    length: Math.max(0, total - inner.start),
    headerHolds: true,
  };
}

interface Inner {
  readonly start: number;
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly fragment: boolean;
  readonly authenticated: boolean;
}

/** Walks the headers between the fixed one and the payload. */
function behindHeaders(bytes: Uint8Array, start: number, protocol: number): Inner {
  let fragment = false;
  let authenticated = false;
  for (let i = 0; i < MAX_HEADERS && start + 8 <= bytes.length; i++) {
    const units = bytes[start + 1]!;
    if (protocol === AUTHENTICATION) {
      authenticated = true;
      [protocol, start] = [bytes[start]!, start + (units + 2) * 4];
    } else if (protocol === FRAGMENT) {
      fragment = true;
      [protocol, start] = [bytes[start]!, start + 8];
    } else if (OPTIONS.has(protocol)) [protocol, start] = [bytes[start]!, start + (units + 1) * 8];
    else break;
  }
  return { start, protocol, payload: bytes.subarray(start), fragment, authenticated };
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
