import {
  allNodes6,
  ETHERTYPE_IPV6,
  encodeEthernet,
  encodeIpv6,
  encodeNeighbour,
  InetAddress,
  IPPROTO_ICMPV6,
  type Ipv6Packet,
  multicastLladdr,
  ND_NA_FLAG_OVERRIDE,
  ND_NA_FLAG_ROUTER,
  ND_NA_FLAG_SOLICITED,
  ND_NEIGHBOR_ADVERT,
  ND_NEIGHBOR_SOLICIT,
  type NeighbourMessage,
  parseNeighbour,
  solicitedNode,
  validIcmp6,
} from '../index.js';
import type { LanHost, SendToNeighbour } from './host.js';

/** Neighbour discovery of one interface (RFC 4861, and RFC 4862 section 5.4): asks, answers, feeds the cache. */
export class NdHost {
  constructor(
    private readonly host: LanHost,
    private readonly sendToNeighbour: SendToNeighbour,
  ) {}

  /** For ICMPv6 packets; returns false for a neighbour message that must be dropped (RFC 4861 section 7.1). */
  input(packet: Ipv6Packet): boolean {
    const { payload, source, destination, hopLimit } = packet;
    if (payload[0] !== ND_NEIGHBOR_SOLICIT && payload[0] !== ND_NEIGHBOR_ADVERT) return true;
    if (hopLimit !== 255 || !validIcmp6(payload, source, destination)) return false;
    const message = parseNeighbour(payload);
    if (message === undefined) return false;
    if (message.type === ND_NEIGHBOR_SOLICIT) this.#solicited(message, InetAddress.from(source));
    else this.#advertised(message);
    return true;
  }

  #solicited({ target, lladdr }: NeighbourMessage, asker: InetAddress): void {
    const { addressing, neighbours } = this.host;
    const address = InetAddress.from(target);
    if (!addressing.isLocal(address)) {
      if (asker.isUnspecified) addressing.claimed(address);
      return;
    }
    if (asker.isUnspecified) {
      this.#advertise(address, InetAddress.from(allNodes6()), ND_NA_FLAG_OVERRIDE);
      return;
    }
    if (lladdr !== undefined) neighbours.learn(asker, lladdr, { create: true });
    this.#advertise(address, asker, ND_NA_FLAG_SOLICITED | ND_NA_FLAG_OVERRIDE);
  }

  #advertised({ target, lladdr, flags }: NeighbourMessage): void {
    const { addressing, neighbours } = this.host;
    const address = InetAddress.from(target);
    if (addressing.claimed(address) || addressing.find(address) !== undefined || lladdr === undefined) return;
    neighbours.learn(address, lladdr, {
      override: (flags & ND_NA_FLAG_OVERRIDE) !== 0,
      router: (flags & ND_NA_FLAG_ROUTER) !== 0,
    });
  }

  /** Asks the address's solicited-node group for its link-layer address. */
  solicit(address: InetAddress): void {
    const source = this.host.addressing.source(6);
    if (source === undefined) return;
    const message = { type: ND_NEIGHBOR_SOLICIT, flags: 0, target: address.bytes, lladdr: this.host.lladdr };
    this.#multicast(message, source.bytes, solicitedNode(address.bytes));
  }

  /** Duplicate address detection: the question from `::`, without our link-layer address. */
  probe(address: InetAddress): void {
    const message = { type: ND_NEIGHBOR_SOLICIT, flags: 0, target: address.bytes };
    this.#multicast(message, new Uint8Array(16), solicitedNode(address.bytes));
  }

  #advertise(target: InetAddress, to: InetAddress, flags: number): void {
    const message = { type: ND_NEIGHBOR_ADVERT, flags, target: target.bytes, lladdr: this.host.lladdr };
    if (to.isMulticast) this.#multicast(message, target.bytes, to.bytes);
    else this.sendToNeighbour(packed(message, target.bytes, to.bytes), to);
  }

  #multicast(message: NeighbourMessage, source: Uint8Array, group: Uint8Array): void {
    const packet = packed(message, source, group);
    const to = multicastLladdr(InetAddress.from(group));
    this.host.output(encodeEthernet(to, this.host.lladdr, ETHERTYPE_IPV6, packet));
  }
}

function packed(message: NeighbourMessage, source: Uint8Array, destination: Uint8Array): Uint8Array {
  const header = { source, destination, nextHeader: IPPROTO_ICMPV6, hopLimit: 255, trafficClass: 0 };
  return encodeIpv6(header, encodeNeighbour(message, source, destination));
}
