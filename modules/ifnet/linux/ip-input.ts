/** What recvmmsg(2) gives on a raw socket, as IpPackets that own their bytes. */
import { InetAddress, type IpPacket } from '../index.js';
import type { MessageRing } from './message-ring.js';

const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IP_PKTINFO = 8;
const IPV6_PKTINFO = 50;
const IPV6_HOPLIMIT = 52;
const CMSG_HEADER = 16;

/** The packet in a slot of the ring; undefined where it is no IP packet, or too long to be read. */
export function readPacket(ring: MessageRing, slot: number, family: 4 | 6): IpPacket | undefined {
  const datagram = ring.datagram(slot);
  if (datagram === undefined) return undefined;
  return family === 4 ? readIpv4(datagram) : readIpv6(datagram, ring.sender(slot), ring.control(slot));
}

/** An IPv4 raw socket gives the header too (raw(7)). */
function readIpv4(datagram: Buffer): IpPacket | undefined {
  const header = (datagram[0]! & 15) * 4;
  if (datagram.length < 20 || header < 20) return undefined;
  const end = datagram.readUInt16BE(2);
  if (end < header || end > datagram.length) return undefined;
  return {
    family: 4,
    source: InetAddress.from(datagram.subarray(12, 16)),
    destination: InetAddress.from(datagram.subarray(16, 20)),
    ttl: datagram[8]!,
    payload: new Uint8Array(datagram.subarray(header, end)),
  };
}

/** An IPv6 raw socket gives the payload; the rest stands in the sender's address and the control messages (ipv6(7)). */
function readIpv6(payload: Buffer, sender: Buffer, control: Buffer): IpPacket {
  let destination: InetAddress | undefined;
  let ttl: number | undefined;
  controlMessages(control, (level, type, data) => {
    if (level !== IPPROTO_IPV6) return;
    if (type === IPV6_PKTINFO && data.length >= 16) destination = InetAddress.from(data.subarray(0, 16));
    if (type === IPV6_HOPLIMIT && data.length >= 4) ttl = data.readInt32LE(0);
  });
  return {
    family: 6,
    source: InetAddress.from(sender.subarray(8, 24)),
    ...(destination === undefined ? {} : { destination }),
    ...(ttl === undefined ? {} : { ttl }),
    payload: new Uint8Array(payload),
  };
}

/** The interface a packet came in by, where the socket was asked for it (`wantPacketInfo`); else 0. */
export function arrivalIndex(ring: MessageRing, slot: number): number {
  let index = 0;
  controlMessages(ring.control(slot), (level, type, data) => {
    if (level === IPPROTO_IP && type === IP_PKTINFO && data.length >= 4) index = data.readInt32LE(0);
    if (level === IPPROTO_IPV6 && type === IPV6_PKTINFO && data.length >= 20) index = data.readInt32LE(16);
  });
  return index;
}

/** struct cmsghdr: length (8 bytes), level, type, data; each aligned to 8 (cmsg(3)). */
function controlMessages(control: Buffer, visit: (level: number, type: number, data: Buffer) => void): void {
  for (let at = 0; at + CMSG_HEADER <= control.length; ) {
    const length = control.readUInt32LE(at);
    if (length < CMSG_HEADER || at + length > control.length) return;
    const data = control.subarray(at + CMSG_HEADER, at + length);
    visit(control.readInt32LE(at + 8), control.readInt32LE(at + 12), data);
    at += (length + 7) & ~7;
  }
}
