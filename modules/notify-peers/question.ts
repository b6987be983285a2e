import {
  ARPOP_REQUEST,
  broadcastLladdr,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV6,
  encodeArp,
  encodeEthernet,
  encodeIpv6,
  encodeNeighbour,
  InetAddress,
  IPPROTO_ICMPV6,
  multicastLladdr,
  ND_NEIGHBOR_SOLICIT,
  solicitedNode,
} from '../ifnet/index.js';

/**
 * An ordinary question for the link-layer address of a neighbour, with the announced address as its sender: an ARP request
 * (RFC 826), or a neighbour solicitation (RFC 4861 section 7.2.2). The one who is asked must learn the sender's link-layer
 * address to reply, also one that ignores gratuitous ARP and unsolicited advertisements.
 *
 * @param neighbour of the same family as `address`
 */
export function question(address: InetAddress, neighbour: InetAddress, lladdr: Uint8Array): Uint8Array {
  return address.family === 4
    ? arpRequest(address, neighbour, lladdr)
    : solicitation(address, neighbour, lladdr);
}

function arpRequest(address: InetAddress, neighbour: InetAddress, lladdr: Uint8Array): Uint8Array {
  const arp = encodeArp({
    operation: ARPOP_REQUEST,
    senderLladdr: lladdr,
    senderAddress: address.bytes,
    targetLladdr: new Uint8Array(6),
    targetAddress: neighbour.bytes,
  });
  return encodeEthernet(broadcastLladdr(), lladdr, ETHERTYPE_ARP, arp);
}

function solicitation(address: InetAddress, neighbour: InetAddress, lladdr: Uint8Array): Uint8Array {
  const source = address.bytes;
  const destination = solicitedNode(neighbour.bytes);
  const message = { type: ND_NEIGHBOR_SOLICIT, flags: 0, target: neighbour.bytes, lladdr };
  const payload = encodeNeighbour(message, source, destination);
  const header = { source, destination, nextHeader: IPPROTO_ICMPV6, hopLimit: 255, trafficClass: 0 };
  const group = multicastLladdr(InetAddress.from(destination));
  return encodeEthernet(group, lladdr, ETHERTYPE_IPV6, encodeIpv6(header, payload));
}
