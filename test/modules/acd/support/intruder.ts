import {
  ARPOP_REPLY,
  ARPOP_REQUEST,
  allNodes6,
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
  ND_NA_FLAG_OVERRIDE,
  ND_NEIGHBOR_ADVERT,
  ND_NEIGHBOR_SOLICIT,
  parseLladdr,
  solicitedNode,
} from '../../../../modules/ifnet/index.js';

/** The link-layer address of the host that claims what is not its own. */
export const INTRUDER = '02:00:00:00:66:66';

const UNSPECIFIED = new Uint8Array(6);
const bytes = (text: string): Uint8Array => InetAddress.parse(text).bytes;

interface Arp {
  readonly sender: string;
  readonly target?: string;
  readonly lladdr?: string;
  readonly reply?: boolean;
}

/** An ARP broadcast: gratuitous, where no target is given. */
export function arp({ sender, target = sender, lladdr = INTRUDER, reply = false }: Arp): Uint8Array {
  const senderLladdr = parseLladdr(lladdr);
  const packet = encodeArp({
    operation: reply ? ARPOP_REPLY : ARPOP_REQUEST,
    senderLladdr,
    senderAddress: bytes(sender),
    targetLladdr: UNSPECIFIED,
    targetAddress: bytes(target),
  });
  return encodeEthernet(broadcastLladdr(), senderLladdr, ETHERTYPE_ARP, packet);
}

interface Advertised {
  readonly target: string;
  readonly lladdr?: string;
  readonly override?: boolean;
}

/** A neighbour advertisement to all nodes. */
export function na({ target, lladdr = INTRUDER, override = true }: Advertised): Uint8Array {
  const flags = override ? ND_NA_FLAG_OVERRIDE : 0;
  const message = { type: ND_NEIGHBOR_ADVERT, flags, target: bytes(target), lladdr: parseLladdr(lladdr) };
  return ndisc(message, bytes(target), allNodes6(), lladdr);
}

/** A neighbour solicitation for `target`, sent from `source`; duplicate address detection, where that is `::`. */
export function ns(
  target: string,
  source = '::',
  lladdr = INTRUDER,
  to = solicitedNode(bytes(target)),
): Uint8Array {
  const option = source === '::' ? {} : { lladdr: parseLladdr(lladdr) };
  const message = { type: ND_NEIGHBOR_SOLICIT, flags: 0, target: bytes(target), ...option };
  return ndisc(message, bytes(source), to, lladdr);
}

function ndisc(
  message: Parameters<typeof encodeNeighbour>[0],
  source: Uint8Array,
  destination: Uint8Array,
  lladdr: string,
): Uint8Array {
  const header = { source, destination, nextHeader: IPPROTO_ICMPV6, hopLimit: 255, trafficClass: 0 };
  const packet = encodeIpv6(header, encodeNeighbour(message, source, destination));
  const to = multicastLladdr(InetAddress.from(destination));
  return encodeEthernet(to, parseLladdr(lladdr), ETHERTYPE_IPV6, packet);
}
