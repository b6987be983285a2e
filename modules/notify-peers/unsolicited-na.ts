import {
  allNodes6,
  ETHERTYPE_IPV6,
  encodeEthernet,
  encodeIpv6,
  encodeNeighbour,
  InetAddress,
  IPPROTO_ICMPV6,
  multicastLladdr,
  ND_NA_FLAG_OVERRIDE,
  ND_NA_FLAG_ROUTER,
  ND_NEIGHBOR_ADVERT,
} from '../ifnet/index.js';

/**
 * An unsolicited neighbour advertisement, 86 bytes, to all nodes, in the bytes of Linux's kernel: sent from the
 * address itself, Override set so that caches that know another link-layer address take this one (RFC 4861 section
 * 7.2.6), target link-layer address option.
 */
export function unsolicitedNa(address: InetAddress, lladdr: Uint8Array, router: boolean): Uint8Array {
  const source = address.bytes;
  const destination = allNodes6();
  const flags = ND_NA_FLAG_OVERRIDE | (router ? ND_NA_FLAG_ROUTER : 0);
  const na = encodeNeighbour(
    { type: ND_NEIGHBOR_ADVERT, flags, target: source, lladdr },
    source,
    destination,
  );
  const header = { source, destination, nextHeader: IPPROTO_ICMPV6, hopLimit: 255, trafficClass: 0 };
  const group = multicastLladdr(InetAddress.from(destination));
  return encodeEthernet(group, lladdr, ETHERTYPE_IPV6, encodeIpv6(header, na));
}
