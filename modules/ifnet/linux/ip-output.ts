import { AF_INET, AF_INET6, IPPROTO_RAW, inetAddress, SOCK_RAW } from '../../libc/index.js';
import {
  broadcastLladdr,
  ETHER_HDR_LEN,
  ETHERTYPE_IP,
  ETHERTYPE_IPV6,
  encodeIpv4,
  encodeIpv6,
  type Ifnet,
  IfnetError,
  type InetAddress,
  IPV4_HDR_LEN,
  IPV6_HDR_LEN,
  type IpDestination,
  multicastLladdr,
  writeEthernetHeader,
} from '../index.js';
import { explain } from './explain.js';
import { allowBroadcast, bindToInterface } from './ip-options.js';
import type { LinuxServices } from './services.js';

/**
 * Sends IP packets synchronously. To a group or broadcast address: a whole frame through the packet socket, so that the
 * link-layer source can be chosen and no route is needed. To one host, or on a link without Ethernet addresses: through a
 * raw socket that takes the IP header as given, so that the kernel routes and resolves. The frame is written to the same
 * array each time, which the kernel has copied when the call returns.
 */
export class IpOutput implements Disposable {
  #id = 0;
  #raw: number | undefined;
  #frame = new Uint8Array(0);
  /** The frame's part behind the Ethernet header. */
  #packet = this.#frame;
  /** The group sent to last, and its link-layer address. */
  #group: InetAddress | undefined;
  #groupLladdr: Uint8Array | undefined;

  constructor(
    private readonly services: LinuxServices,
    private readonly ifp: Ifnet,
    private readonly family: 4 | 6,
    private readonly protocol: number,
    private readonly broadcast: boolean,
  ) {}

  send(payload: Uint8Array, to: IpDestination): void {
    const packet = this.#write(payload, to);
    if (this.#address(to)) this.services.transmit(this.ifp, this.#frame);
    else this.#route(packet, to.destination);
  }

  /** As `send`, but the frame goes to no interface. */
  prepare(payload: Uint8Array, to: IpDestination): void {
    this.#write(payload, to);
    if (this.#address(to)) this.services.rehearse(this.#frame);
  }

  [Symbol.dispose](): void {
    if (this.#raw !== undefined) this.services.libc.close(this.#raw);
    this.#raw = undefined;
  }

  /** The packet with its header, in the frame. */
  #write(payload: Uint8Array, to: IpDestination): Uint8Array {
    const from = to.source ?? this.ifp.source(this.family);
    if (from === undefined) {
      const message = `has no IPv${this.family} address to send from`;
      throw new IfnetError('EADDRNOTAVAIL', this.ifp.name, message);
    }
    const packet = this.#room(payload.length);
    const { ttl = 255, tos = 0 } = to;
    const [source, destination, protocol] = [from.bytes, to.destination.bytes, this.protocol];
    if (this.family === 6) {
      const fields = { source, destination, nextHeader: protocol, hopLimit: ttl, trafficClass: tos };
      return encodeIpv6(fields, payload, packet);
    }
    this.#id = (this.#id + 1) & 0xffff;
    return encodeIpv4({ source, destination, protocol, ttl, tos, id: this.#id }, payload, packet);
  }

  /** Where a packet with so much payload is written: nearly all packets of a protocol have one length. */
  #room(payload: number): Uint8Array {
    const length = (this.family === 4 ? IPV4_HDR_LEN : IPV6_HDR_LEN) + payload;
    if (this.#packet.length !== length) {
      this.#frame = new Uint8Array(ETHER_HDR_LEN + length);
      this.#packet = this.#frame.subarray(ETHER_HDR_LEN);
    }
    return this.#packet;
  }

  /** Writes the frame's header. @returns false if the kernel must resolve the link-layer destination */
  #address(to: IpDestination): boolean {
    const link = this.#linkDestination(to);
    if (link === undefined) return false;
    const type = this.family === 4 ? ETHERTYPE_IP : ETHERTYPE_IPV6;
    writeEthernetHeader(this.#frame, link, to.lladdr ?? this.ifp.lladdr, type);
    return true;
  }

  /** The link-layer destination; undefined if the kernel must resolve it. */
  #linkDestination({ destination, broadcast }: IpDestination): Uint8Array | undefined {
    if (this.ifp.lladdr.length !== 6) return undefined;
    // The cheap test first: an interface may have hundreds of addresses.
    if (destination.isMulticast && !broadcast) return this.#lladdrOf(destination);
    if (broadcast || this.#isBroadcast(destination)) {
      if (!this.broadcast)
        throw new IfnetError(
          'EACCES',
          this.ifp.name,
          'cannot send to a broadcast address: open the socket with broadcast: true',
        );
      return broadcastLladdr();
    }
    return undefined;
  }

  #lladdrOf(group: InetAddress): Uint8Array {
    if (group === this.#group && this.#groupLladdr !== undefined) return this.#groupLladdr;
    this.#group = group;
    this.#groupLladdr = multicastLladdr(group);
    return this.#groupLladdr;
  }

  #isBroadcast(destination: InetAddress): boolean {
    if (destination.family === 6) return false;
    if (destination.isBroadcast) return true;
    return this.ifp.addresses.some((a) => (a.broadcast ?? a.prefix.broadcast)?.equals(destination) === true);
  }

  #route(packet: Uint8Array, destination: InetAddress): void {
    try {
      this.#raw ??= this.#openRaw();
      this.services.libc.sendto(this.#raw, packet, inetAddress(destination.bytes, this.ifp.index));
    } catch (error) {
      throw explain(error, this.ifp.name, `send to ${destination.toString()}`);
    }
  }

  /** IPPROTO_RAW: the caller writes the IP header, and nothing is ever received (raw(7)). */
  #openRaw(): number {
    const { libc, netns } = this.services;
    const domain = this.family === 4 ? AF_INET : AF_INET6;
    const setUp = (fd: number): void => {
      bindToInterface(libc, fd, this.ifp);
      if (this.broadcast) allowBroadcast(libc, fd);
    };
    return netns.run(() => libc.open(domain, SOCK_RAW, IPPROTO_RAW, setUp));
  }
}
