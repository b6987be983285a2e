import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV6,
  type FrameField,
  type FrameFilter,
  type InetFamily,
  IPPROTO_ICMPV6,
  ND_NEIGHBOR_ADVERT,
  ND_NEIGHBOR_SOLICIT,
} from '../ifnet/index.js';

/** The EtherType of the frames in which an address of the family is claimed. */
export function claimEtherType(family: InetFamily): number {
  return family === 4 ? ETHERTYPE_ARP : ETHERTYPE_IPV6;
}

/**
 * The frames that may claim one of these addresses, which are of one family, or ask for it as a candidate does. An
 * ordinary question for one of them does not pass.
 */
export function claimFilter(family: InetFamily, addresses: readonly Uint8Array[]): FrameFilter {
  return family === 4 ? arpFilter(addresses) : ndiscFilter(addresses);
}

/** Offsets in an Ethernet frame with ARP for IPv4 (RFC 826). */
function arpFilter(addresses: readonly Uint8Array[]): FrameFilter {
  const sender = (values: readonly Uint8Array[]): FrameField => ({ offset: 28, values });
  const target = { offset: 38, values: addresses };
  return [[sender(addresses)], [sender([new Uint8Array(4)]), target]];
}

/** Offsets in an Ethernet frame with IPv6 and ICMPv6 and no extension header, which neighbour discovery never has. */
function ndiscFilter(addresses: readonly Uint8Array[]): FrameFilter {
  const is = (offset: number, value: number): FrameField => ({ offset, values: [Uint8Array.of(value)] });
  const kind = (type: number): FrameField[] => [is(20, IPPROTO_ICMPV6), is(21, 255), is(54, type)];
  const source = (values: readonly Uint8Array[]): FrameField => ({ offset: 22, values });
  const target = { offset: 62, values: addresses };
  return [
    [...kind(ND_NEIGHBOR_ADVERT), target],
    [...kind(ND_NEIGHBOR_SOLICIT), source(addresses)],
    [...kind(ND_NEIGHBOR_SOLICIT), source([new Uint8Array(16)]), target],
  ];
}
