/**
 * @module
 * Order on input: link-layer destination, link sockets, IP checks, the kernel's own protocols, then every
 * socket of the protocol, as Linux gives raw sockets a copy of what it handles itself.
 *
 * Not modelled: fragments (dropped, counted), IPv6 extension headers, gateways (a destination on no prefix of ours
 * is unreachable), MLD and IGMP, address selection beyond "the first that fits", packets to ourselves.
 */
import {
  broadcastLladdr,
  ETHER_HDR_LEN,
  ETHERTYPE_ARP,
  ETHERTYPE_IP,
  ETHERTYPE_IPV6,
  encodeEthernet,
  encodeIpv4,
  encodeIpv6,
  IfnetError,
  type InetAddress,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPV4_HDR_LEN,
  IPV6_HDR_LEN,
  type IpDestination,
  type IpPacket,
  isGroupLladdr,
  multicastLladdr,
  ND_NEIGHBOR_ADVERT,
  ND_NEIGHBOR_SOLICIT,
} from '../index.js';
import { ArpHost } from './arp-host.js';
import { echoReply } from './echo.js';
import type { ArrivedPacket } from './frame-reader.js';
import type { LanHost } from './host.js';
import { NdHost } from './nd-host.js';

/** Why a frame was dropped: the name of a counter. */
export type DropCause = Exclude<keyof LanStack['counters'], 'input' | 'output'>;

/** A socket, as packets reach it. */
export interface LanSocket extends Disposable {
  /** Whether the socket is of this packet's kind: protocol, family, and membership of a multicast group. */
  wants(packet: IpPacket, protocol: number): boolean;
  /** @returns false when the filter holds the packet back */
  input(packet: IpPacket): boolean;
}

/** A link socket, as frames reach it. */
export interface LanFrameSocket extends Disposable {
  /** @returns whether it took the frame */
  input(frame: Uint8Array, type: number): boolean;
}

/**
 * The part of a host's kernel between a frame and a raw socket, for one interface on the virtual LAN: Ethernet and IP input
 * checks, ARP and neighbour discovery, ICMP echo, the sockets' demultiplexing; on output the choice of the link-layer
 * destination.
 */
export class LanStack {
  /**
   * Frames in and out, and why frames were dropped: `badFrame` (shorter than a header, unknown type), `otherHost`
   * (unicast to another host), `badIp`, `ownSource` (of IPv4, from an address of ours), `notLocal` (an IP address not ours),
   * `unaccepted` (ours, and refuses packets), `fragment`, `badArp`, `badNd`, `noSocket`, `filtered`.
   */
  readonly counters = {
    input: 0,
    output: 0,
    badFrame: 0,
    otherHost: 0,
    badIp: 0,
    ownSource: 0,
    notLocal: 0,
    unaccepted: 0,
    fragment: 0,
    badArp: 0,
    badNd: 0,
    noSocket: 0,
    filtered: 0,
  };
  readonly arp: ArpHost;
  readonly nd: NdHost;
  readonly sockets = new Set<LanSocket>();
  readonly links = new Set<LanFrameSocket>();
  #id = 0;

  constructor(private readonly host: LanHost) {
    this.arp = new ArpHost(host);
    this.nd = new NdHost(host, (packet, neighbour) => this.#unicast(packet, neighbour));
  }

  /** A frame has arrived. @returns the counter under which it was dropped, if it was */
  input(bytes: Uint8Array): DropCause | undefined {
    this.counters.input++;
    if (bytes.length < ETHER_HDR_LEN) return this.#drop('badFrame');
    if (!isGroupLladdr(bytes) && !isTo(bytes, this.host.lladdr)) return this.#drop('otherHost');
    const { reader } = this.host;
    const type = (bytes[12]! << 8) | bytes[13]!;
    let taken = false;
    for (const link of this.links) taken = link.input(bytes, type) || taken;
    switch (type) {
      case ETHERTYPE_ARP:
        return this.arp.input(reader.payload(bytes)) ? undefined : this.#drop('badArp');
      case ETHERTYPE_IP:
        return this.#inputIp(reader.packet(bytes, 4));
      case ETHERTYPE_IPV6:
        return this.#inputIp(reader.packet(bytes, 6));
      default:
        return taken ? undefined : this.#drop('badFrame');
    }
  }

  #drop(cause: DropCause): DropCause {
    this.counters[cause]++;
    return cause;
  }

  #inputIp(arrived: ArrivedPacket | 'badIp' | 'fragment'): DropCause | undefined {
    if (typeof arrived === 'string') return this.#drop(arrived);
    const { packet, protocol, ip6 } = arrived;
    if (ip6 !== undefined && protocol === IPPROTO_ICMPV6 && !this.nd.input(ip6)) return this.#drop('badNd');
    const { source, destination, payload } = packet;
    const { addressing, sysctls } = this.host;
    // Linux takes that for forged (a martian source), and does not look at it over IPv6.
    if (packet.family === 4 && addressing.isLocal(source) && sysctls.get(4, 'accept_local') === 0)
      return this.#drop('ownSource');
    const local = addressing.isLocal(destination);
    if (source.isMulticast || !(local || destination.isMulticast || this.#isBroadcast(destination))) {
      return this.#drop('notLocal');
    }
    if (local && !addressing.accepts(destination) && !isNeighbourDiscovery(protocol, payload))
      return this.#drop('unaccepted');
    if (local) this.#echo(protocol, payload, destination, source);
    const cause = this.#toSockets(packet, protocol);
    // ICMP is the kernel's own business, whether a socket listens to it or not.
    return protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6 ? undefined : cause;
  }

  #toSockets(packet: IpPacket, protocol: number): DropCause | undefined {
    let cause: DropCause | undefined = 'noSocket';
    for (const socket of this.sockets) {
      if (!socket.wants(packet, protocol)) continue;
      if (socket.input(packet)) cause = undefined;
      else {
        this.counters.filtered++;
        if (cause !== undefined) cause = 'filtered';
      }
    }
    if (cause === 'noSocket') this.counters.noSocket++;
    return cause;
  }

  #echo(protocol: number, payload: Uint8Array, source: InetAddress, destination: InetAddress): void {
    const reply = echoReply(protocol, payload, source.bytes, destination.bytes);
    if (reply !== undefined && this.#onLink(destination)) {
      this.#unicast(this.#packet(reply, protocol, source, { destination, ttl: 64 }), destination);
    }
  }

  /** Sends for a raw socket. @throws IfnetError EMSGSIZE, EACCES, EADDRNOTAVAIL, ENETUNREACH */
  send(payload: Uint8Array, protocol: number, to: IpDestination, mayBroadcast: boolean): void {
    const { destination } = to;
    const { name, mtu, lladdr, addressing } = this.host;
    const header = destination.family === 4 ? IPV4_HDR_LEN : IPV6_HDR_LEN;
    if (payload.length + header > mtu) {
      throw new IfnetError('EMSGSIZE', name, `${payload.length} bytes do not fit the MTU of ${mtu}`);
    }
    const source = to.source ?? addressing.source(destination.family);
    if (source === undefined) {
      throw new IfnetError('EADDRNOTAVAIL', name, `no IPv${destination.family} address to send from`);
    }
    const packet = this.#packet(payload, protocol, source, to);
    const broadcast = this.#isBroadcast(destination);
    if (broadcast && !mayBroadcast) {
      throw new IfnetError(
        'EACCES',
        name,
        `${destination} is a broadcast address and the socket may not broadcast`,
      );
    }
    if (!broadcast && !destination.isMulticast) {
      if (!this.#onLink(destination)) {
        throw new IfnetError('ENETUNREACH', name, `${destination} is in none of the interface's networks`);
      }
      this.#unicast(packet, destination);
      return;
    }
    const group = broadcast || to.broadcast === true ? broadcastLladdr() : multicastLladdr(destination);
    this.#frame(group, to.lladdr ?? lladdr, destination.family, packet);
  }

  #packet(payload: Uint8Array, protocol: number, from: InetAddress, to: IpDestination): Uint8Array {
    const { ttl = 255, tos = 0 } = to;
    const source = from.bytes;
    const destination = to.destination.bytes;
    if (to.destination.family === 6) {
      return encodeIpv6(
        { source, destination, nextHeader: protocol, hopLimit: ttl, trafficClass: tos },
        payload,
      );
    }
    this.#id = (this.#id + 1) & 0xffff;
    return encodeIpv4({ source, destination, protocol, ttl, tos, id: this.#id }, payload);
  }

  #unicast(packet: Uint8Array, neighbour: InetAddress): void {
    this.host.neighbours.resolve(neighbour, (lladdr) => {
      this.#frame(lladdr, this.host.lladdr, neighbour.family, packet);
    });
  }

  #frame(to: Uint8Array, from: Uint8Array, family: 4 | 6, packet: Uint8Array): void {
    this.host.output(encodeEthernet(to, from, family === 4 ? ETHERTYPE_IP : ETHERTYPE_IPV6, packet));
  }

  #onLink(address: InetAddress): boolean {
    if (address.family === 6 && address.isLinkLocal) return true;
    return this.host.addressing.list.some((a) => !a.tentative && a.prefix.contains(address));
  }

  #isBroadcast(address: InetAddress): boolean {
    return (
      address.isBroadcast || this.host.addressing.list.some((a) => a.broadcast?.equals(address) ?? false)
    );
  }
}

/** A solicitation or an advertisement: RFC 9568 section 6.4.3 wants them even where nothing else is accepted. */
function isNeighbourDiscovery(protocol: number, payload: Uint8Array): boolean {
  return (
    protocol === IPPROTO_ICMPV6 && (payload[0] === ND_NEIGHBOR_SOLICIT || payload[0] === ND_NEIGHBOR_ADVERT)
  );
}

/** Whether a frame is for this link-layer address: its first bytes are. */
function isTo(frame: Uint8Array, lladdr: Uint8Array): boolean {
  for (let i = 0; i < lladdr.length; i++) if (frame[i] !== lladdr[i]) return false;
  return true;
}
