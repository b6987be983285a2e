/**
 * What stands in front of the IP packet, by the link type of the capture (pcap-linktype(7)), VLAN tags included.
 *
 * @module
 */
import { CaptureError } from './errors.js';
import type { CapturedPacket } from './packet.js';

/** LINKTYPE_ETHERNET. */
export const LINKTYPE_ETHERNET = 1;
const NULL = 0;
const LOOP = 108;
const RAW = new Set([12, 14, 101]);
const LINUX_SLL = 113;
const IPV4 = 228;
const IPV6 = 229;
const LINUX_SLL2 = 276;

const ETHERTYPE_IP = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
/** 802.1Q, 802.1ad, and what some switches write for a second tag. */
const VLAN_TAGS = new Set([0x8100, 0x88a8, 0x9100]);
/** A frame with more tags is no one's. */
const MAX_TAGS = 4;
const SLL_OUTGOING = 4;
/** AF_INET, everywhere. */
const PF_INET = 2;
/** AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, and macOS. */
const PF_INET6 = new Set([10, 24, 28, 30]);

const UNTAGGED: readonly number[] = [];

/** A frame without its link layer. */
export interface LinkFrame {
  /** Of what follows; 0 if unknown. */
  readonly etherType: number;
  readonly payload: Uint8Array;
  /** Identifiers of its VLANs, the outermost first. */
  readonly vlans: readonly number[];
  /** Its source link-layer address, where there is one. */
  readonly source?: Uint8Array | undefined;
  /** Whether the capturing host sent it, where the capture says so. */
  readonly outgoing?: boolean | undefined;
  /** Which interface it passed: that of the capture, and the one that a capture of all interfaces notes. */
  readonly passed: string;
}

/** Takes the link layer off. @returns undefined for a frame too short for it @throws CaptureError for an unknown type */
export function linkFrame(packet: CapturedPacket): LinkFrame | undefined {
  const { bytes, linkType } = packet;
  const vlans = packet.vlan === undefined ? UNTAGGED : [packet.vlan];
  const passed = String(packet.interface);
  const { outgoing } = packet;
  if (linkType === LINKTYPE_ETHERNET)
    return typed(bytes, 12, { vlans, source: bytes.subarray(6, 12), outgoing, passed });
  if (linkType === LINUX_SLL)
    return typed(bytes, 14, {
      vlans,
      source: bytes.subarray(6, 12),
      outgoing: bytes[1] === SLL_OUTGOING,
      passed,
    });
  if (linkType === LINUX_SLL2) return sll2(bytes, { vlans, passed });
  if (linkType === NULL || linkType === LOOP) return loopback(bytes, { vlans, passed });
  if (RAW.has(linkType)) return raw(bytes, { vlans, passed });
  if (linkType === IPV4) return { etherType: ETHERTYPE_IP, payload: bytes, vlans, passed };
  if (linkType === IPV6) return { etherType: ETHERTYPE_IPV6, payload: bytes, vlans, passed };
  throw new CaptureError(`packets of link type ${linkType} cannot be read: capture on an Ethernet interface`);
}

/** A type at `at`, VLAN tags in its place first. */
function typed(
  bytes: Uint8Array,
  at: number,
  link: Omit<LinkFrame, 'etherType' | 'payload'>,
): LinkFrame | undefined {
  const { source, outgoing, passed } = link;
  let { vlans } = link;
  let type = word(bytes, at);
  for (at += 2; type !== undefined && VLAN_TAGS.has(type) && vlans.length < MAX_TAGS; at += 4) {
    const tag = word(bytes, at);
    if (tag === undefined) return undefined;
    vlans = [...vlans, tag & 0xfff];
    type = word(bytes, at + 2);
  }
  if (type === undefined) return undefined;
  return { etherType: type, payload: bytes.subarray(at), vlans, source, outgoing, passed };
}

/** Type, reserved, interface, ARPHRD, kind of packet, length of the address, address. */
function sll2(bytes: Uint8Array, link: Pick<LinkFrame, 'vlans' | 'passed'>): LinkFrame | undefined {
  const type = word(bytes, 0);
  if (type === undefined || bytes.length < 20) return undefined;
  const passed = `${link.passed}.${((word(bytes, 4)! << 16) | word(bytes, 6)!) >>> 0}`;
  const rest = { ...link, passed, source: bytes.subarray(12, 18), outgoing: bytes[10] === SLL_OUTGOING };
  if (!VLAN_TAGS.has(type)) return { ...rest, etherType: type, payload: bytes.subarray(20) };
  const vlan = word(bytes, 20);
  const inner = word(bytes, 22);
  if (vlan === undefined || inner === undefined) return undefined;
  return { ...rest, vlans: [vlan & 0xfff], etherType: inner, payload: bytes.subarray(24) };
}

/** An address family in four bytes, in the byte order of the capturing host (NULL) or big endian (LOOP). */
function loopback(bytes: Uint8Array, link: Pick<LinkFrame, 'vlans' | 'passed'>): LinkFrame | undefined {
  if (bytes.length < 4) return undefined;
  const family = bytes[0]! || bytes[3]!;
  const etherType = family === PF_INET ? ETHERTYPE_IP : PF_INET6.has(family) ? ETHERTYPE_IPV6 : 0;
  return { ...link, etherType, payload: bytes.subarray(4) };
}

function raw(bytes: Uint8Array, link: Pick<LinkFrame, 'vlans' | 'passed'>): LinkFrame | undefined {
  if (bytes.length === 0) return undefined;
  const version = bytes[0]! >> 4;
  const etherType = version === 4 ? ETHERTYPE_IP : version === 6 ? ETHERTYPE_IPV6 : 0;
  return { ...link, etherType, payload: bytes };
}

function word(bytes: Uint8Array, at: number): number | undefined {
  return at + 2 > bytes.length ? undefined : (bytes[at]! << 8) | bytes[at + 1]!;
}
