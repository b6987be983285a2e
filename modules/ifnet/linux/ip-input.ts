import {
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_HOPLIMIT,
  IPV6_PKTINFO,
  type MessageRing,
  SO_TIMESTAMPNS,
  SOL_SOCKET,
} from '../../libc/index.js';
import { InetAddress, type IpPacket } from '../index.js';

/** struct cmsghdr: its length in 8 bytes, level, type; as words of 32 bits. */
const CMSG_HEADER = 4;
const CMSG_LEVEL = 2;
const CMSG_TYPE = 3;
const TWO_32 = 2 ** 32;
/** Addresses that a reader caches, in each direction. */
const RECENT = 4;
const NOBODY = InetAddress.parse('0.0.0.0');
const NO_BYTES = new Uint8Array(0);

/** A stamp that is older is none: the wall clock was set since. In milliseconds. */
const MAX_AGE_MS = 500;

/** Packets that a reader keeps to use again: a burst. */
const MAX_SPARE = 64;

/** A packet while it is filled. */
type Draft = { -readonly [Field in keyof IpPacket]: IpPacket[Field] };

/**
 * Turns the datagrams of one raw socket into IpPackets that own their bytes until they are given back. Most packets come
 * from the same few hosts and have one length, so it caches their addresses, and uses packets and payloads again: what a
 * thousand vhids hear each second would otherwise drive from the caches what they know.
 */
export class PacketReader {
  readonly #sources = new RecentAddresses();
  readonly #destinations = new RecentAddresses();
  readonly #spare: Draft[] = [];
  #now: number | undefined;
  #wall = 0;

  constructor(private readonly family: 4 | 6) {}

  /** Packets are read now: at `now` on the clock for their arrival, at `wall` on the one of the kernel's stamps; in ms. */
  begin(now: number, wall: number): void {
    this.#now = now;
    this.#wall = wall;
  }

  /** The packet in a slot of the ring; undefined if it is not an IP packet or was longer than the slot. */
  read(ring: MessageRing, slot: number): IpPacket | undefined {
    const length = ring.length(slot);
    if (length === undefined) return undefined;
    return this.family === 4 ? this.#readIpv4(ring, slot, length) : this.#readIpv6(ring, slot, length);
  }

  /** An IPv4 raw socket receives the IP header too (raw(7)). */
  #readIpv4(ring: MessageRing, slot: number, length: number): IpPacket | undefined {
    const { bytes } = ring;
    const start = ring.start(slot);
    const header = (bytes[start]! & 15) * 4;
    if (length < 20 || header < 20) return undefined;
    const end = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    if (end < header || end > length) return undefined;
    const packet = this.#draft(bytes, start + header, start + end);
    packet.source = this.#sources.at(bytes, start + 12, 4);
    packet.destination = this.#destinations.at(bytes, start + 16, 4);
    packet.ttl = bytes[start + 8]!;
    packet.arrivedAt = this.#arrival(ring, slot);
    return packet;
  }

  /** An IPv6 raw socket receives the payload; the rest is in the sender's address and the control messages (ipv6(7)). */
  #readIpv6(ring: MessageRing, slot: number, length: number): IpPacket {
    const info = controlMessage(ring, slot, IPPROTO_IPV6, IPV6_PKTINFO, 16);
    const hops = controlMessage(ring, slot, IPPROTO_IPV6, IPV6_HOPLIMIT, 4);
    const start = ring.start(slot);
    const packet = this.#draft(ring.bytes, start, start + length);
    packet.source = this.#sources.at(ring.sender(slot), 8, 16);
    packet.destination =
      info < 0
        ? undefined
        : this.#destinations.at(ring.control(slot), 4 * (info - ring.controlStart(slot)), 16);
    packet.ttl = hops < 0 ? undefined : ring.controlWords[hops]!;
    packet.arrivedAt = this.#arrival(ring, slot);
    return packet;
  }

  /** The packet is not used any more. */
  release(packet: IpPacket): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(packet);
  }

  /** The kernel's stamp is of the wall clock: only the packet's age counts, and none where that clock was set. */
  #arrival(ring: MessageRing, slot: number): number | undefined {
    const now = this.#now;
    const at = controlMessage(ring, slot, SOL_SOCKET, SO_TIMESTAMPNS, 16);
    if (now === undefined || at < 0) return undefined;
    const { controlWords: words } = ring;
    const seconds = words[at + 1]! * TWO_32 + (words[at]! >>> 0);
    const age = this.#wall - (seconds * 1e3 + words[at + 2]! / 1e6);
    return age > 0 && age <= MAX_AGE_MS ? now - age : now;
  }

  /** A packet with a copy of these bytes; its other fields are to be filled. */
  #draft(bytes: Uint8Array, start: number, end: number): Draft {
    const packet = this.#spare.pop() ?? blank(this.family);
    const { payload } = packet;
    if (payload.length !== end - start) packet.payload = bytes.slice(start, end);
    else for (let i = 0; i < payload.length; i++) payload[i] = bytes[start + i]!;
    return packet;
  }
}

/** All have the same fields from the start: what reads them stays simple. */
function blank(family: 4 | 6): Draft {
  return { family, source: NOBODY, destination: undefined, ttl: undefined, arrivedAt: 0, payload: NO_BYTES };
}

/** The latest addresses seen: a packet from one of them needs no new object, and its text is made once. */
class RecentAddresses {
  readonly #recent: InetAddress[] = [];
  #next = 0;

  /** The address at `offset` in `bytes`. */
  at(bytes: Uint8Array, offset: number, length: 4 | 16): InetAddress {
    for (const address of this.#recent) if (standsAt(address.bytes, bytes, offset)) return address;
    const address = InetAddress.from(bytes.subarray(offset, offset + length));
    this.#recent[this.#next] = address;
    this.#next = (this.#next + 1) % RECENT;
    return address;
  }
}

function standsAt(wanted: Uint8Array, bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < wanted.length; i++) if (wanted[i] !== bytes[offset + i]) return false;
  return true;
}

/** The index of the interface on which a packet arrived, if the socket asked for it (`wantPacketInfo`); else 0. */
export function arrivalIndex(ring: MessageRing, slot: number): number {
  const four = controlMessage(ring, slot, IPPROTO_IP, IP_PKTINFO, 4);
  if (four >= 0) return ring.controlWords[four]!;
  // struct in6_pktinfo: an address, then the index.
  const six = controlMessage(ring, slot, IPPROTO_IPV6, IPV6_PKTINFO, 20);
  return six >= 0 ? ring.controlWords[six + 4]! : 0;
}

/**
 * Where in the ring's `controlWords` the data of such a control message stands, if there is one with at least `least`
 * bytes of them; else -1. Each starts on a multiple of 8 bytes (cmsg(3)). It is asked for each packet, so it makes nothing.
 */
function controlMessage(ring: MessageRing, slot: number, level: number, type: number, least: number): number {
  const { controlWords: words } = ring;
  let at = ring.controlStart(slot);
  const end = at + ring.controlLength(slot) / 4;
  while (at + CMSG_HEADER <= end) {
    const length = words[at]!;
    if (length < 4 * CMSG_HEADER || at + length / 4 > end) return -1;
    const fits = length - 4 * CMSG_HEADER >= least;
    if (fits && words[at + CMSG_LEVEL] === level && words[at + CMSG_TYPE] === type) return at + CMSG_HEADER;
    at += ((length + 7) & ~7) / 4;
  }
  return -1;
}
