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

const CMSG_HEADER = 16;
/** Addresses that a reader caches, in each direction. */
const RECENT = 4;

/** A stamp that is older is none: the wall clock was set since. In milliseconds. */
const MAX_AGE_MS = 500;

/** Payloads that a reader keeps to use again: a burst. */
const MAX_SPARE = 64;

/**
 * Turns the datagrams of one raw socket into IpPackets that own their bytes until they are given back. Most packets come
 * from the same few hosts and have one length, so it caches their addresses, and uses the memory of their payloads again.
 */
export class PacketReader {
  readonly #sources = new RecentAddresses();
  readonly #destinations = new RecentAddresses();
  readonly #spare: Uint8Array[] = [];
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
    return this.family === 4
      ? this.#readIpv4(ring.bytes, ring.start(slot), length, ring.control(slot))
      : this.#readIpv6(ring.bytes, ring.start(slot), length, ring.sender(slot), ring.control(slot));
  }

  /** An IPv4 raw socket receives the IP header too (raw(7)). */
  #readIpv4(bytes: Uint8Array, start: number, length: number, control: Buffer): IpPacket | undefined {
    const header = (bytes[start]! & 15) * 4;
    if (length < 20 || header < 20) return undefined;
    const end = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    if (end < header || end > length) return undefined;
    return {
      family: 4,
      source: this.#sources.at(bytes, start + 12, 4),
      destination: this.#destinations.at(bytes, start + 16, 4),
      ttl: bytes[start + 8]!,
      arrivedAt: this.#arrival(control),
      payload: this.#copy(bytes, start + header, start + end),
    };
  }

  /** An IPv6 raw socket receives the payload; the rest is in the sender's address and the control messages (ipv6(7)). */
  #readIpv6(bytes: Uint8Array, start: number, length: number, sender: Uint8Array, control: Buffer): IpPacket {
    let destination: InetAddress | undefined;
    let ttl: number | undefined;
    controlMessages(control, (level, type, at, length) => {
      if (level !== IPPROTO_IPV6) return;
      if (type === IPV6_PKTINFO && length >= 16) destination = this.#destinations.at(control, at, 16);
      if (type === IPV6_HOPLIMIT && length >= 4) ttl = control.readInt32LE(at);
    });
    return {
      family: 6,
      source: this.#sources.at(sender, 8, 16),
      ...(destination === undefined ? {} : { destination }),
      ...(ttl === undefined ? {} : { ttl }),
      arrivedAt: this.#arrival(control),
      payload: this.#copy(bytes, start, start + length),
    };
  }

  /** The packet is not used any more. */
  release({ payload }: IpPacket): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(payload);
  }

  /** The kernel's stamp is of the wall clock: only the packet's age counts, and none where that clock was set. */
  #arrival(control: Buffer): number | undefined {
    const now = this.#now;
    let stamp: number | undefined;
    controlMessages(control, (level, type, at, length) => {
      if (level !== SOL_SOCKET || type !== SO_TIMESTAMPNS || length < 16) return;
      stamp = Number(control.readBigInt64LE(at)) * 1e3 + Number(control.readBigInt64LE(at + 8)) / 1e6;
    });
    if (now === undefined || stamp === undefined) return undefined;
    const age = this.#wall - stamp;
    return age > 0 && age <= MAX_AGE_MS ? now - age : now;
  }

  #copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const payload = this.#spare.pop();
    if (payload?.length !== end - start) return bytes.slice(start, end);
    for (let i = 0; i < payload.length; i++) payload[i] = bytes[start + i]!;
    return payload;
  }
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
  let index = 0;
  const control = ring.control(slot);
  controlMessages(control, (level, type, at, length) => {
    if (level === IPPROTO_IP && type === IP_PKTINFO && length >= 4) index = control.readInt32LE(at);
    if (level === IPPROTO_IPV6 && type === IPV6_PKTINFO && length >= 20) index = control.readInt32LE(at + 16);
  });
  return index;
}

/**
 * struct cmsghdr: length (8 bytes), level, type, data; each aligned to 8 (cmsg(3)). Tells where the data of each message
 * starts in `control`, and its length.
 */
function controlMessages(
  control: Buffer,
  visit: (level: number, type: number, at: number, length: number) => void,
): void {
  for (let at = 0; at + CMSG_HEADER <= control.length; ) {
    const length = control.readUInt32LE(at);
    if (length < CMSG_HEADER || at + length > control.length) return;
    const [level, type] = [control.readInt32LE(at + 8), control.readInt32LE(at + 12)];
    visit(level, type, at + CMSG_HEADER, length - CMSG_HEADER);
    at += (length + 7) & ~7;
  }
}
