import {
  checksummed6,
  ETHERTYPE_IP,
  ETHERTYPE_IPV6,
  IPPROTO_ICMPV6,
  internetChecksum,
  parseEthernet,
  parseIpv6,
} from '../../modules/ifnet/index.js';

const ETHERNET_LEN = 14;
const OFF_IP4_CHECKSUM = 10;
/** The 36 bytes of an advertisement behind Ethernet and IPv4, or IPv6. */
const CARP_LEN = 36;
const OFF_CARP_CHECKSUM = 6;
const IPPROTO_CARP = 112;

/** A copy of a frame with checksums that are right, so that what was changed in it gets far. */
export function repaired(frame: Uint8Array): Uint8Array {
  const copy = frame.slice();
  const type = parseEthernet(copy)?.type;
  if (type === ETHERTYPE_IP && copy.length >= ETHERNET_LEN + 20) repair4(copy.subarray(ETHERNET_LEN));
  if (type === ETHERTYPE_IPV6) repair6(copy.subarray(ETHERNET_LEN));
  return copy;
}

function repair4(packet: Uint8Array): void {
  const length = Math.min(packet.length, Math.max(20, (packet[0]! & 15) * 4));
  store(packet.subarray(0, length), OFF_IP4_CHECKSUM);
  if (packet[9] === IPPROTO_CARP) repairCarp(packet.subarray(length));
}

function repair6(bytes: Uint8Array): void {
  const packet = parseIpv6(bytes);
  if (packet === undefined) return;
  const { payload, source, destination, nextHeader } = packet;
  if (nextHeader === IPPROTO_ICMPV6 && payload.length >= 8) checksummed6(payload, source, destination);
  if (nextHeader === IPPROTO_CARP) repairCarp(payload);
}

/** The checksum of an advertisement, which covers neither what follows it nor the addresses. */
export function repairCarp(payload: Uint8Array): void {
  if (payload.length >= CARP_LEN) store(payload.subarray(0, CARP_LEN), OFF_CARP_CHECKSUM);
}

function store(bytes: Uint8Array, at: number): void {
  bytes.fill(0, at, at + 2);
  const sum = internetChecksum(bytes);
  bytes[at] = sum >> 8;
  bytes[at + 1] = sum & 0xff;
}
