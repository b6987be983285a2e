/**
 * @module
 * IP sockets: one protocol number on one interface, both directions synchronous. The filter is a plain description, so
 * that the Linux driver can turn it into a classic BPF program and the virtual LAN can interpret it.
 */
import type { InetAddress, InetFamily } from './address.js';
import type { IfnetError } from './errors.js';

/** What a socket receives, and how. */
export interface IpSocketOptions {
  readonly family: InetFamily;
  /** IP protocol number, 1 to 255. CARP is 112. */
  readonly protocol: number;
  /** Multicast groups to join on the interface, for the socket's life. */
  readonly groups?: readonly InetAddress[];
  /** Whether sending to a broadcast address is allowed (SO_BROADCAST). */
  readonly broadcast?: boolean;
  readonly filter?: PacketFilter;
  /** Called for each packet let through. The packet is valid only during the call. */
  readonly input: (packet: IpPacket) => void;
  /**
   * Called for each packet of several that were read at once, before the first is given to `input`. May read what `input`
   * will need, so that it is in the processor's caches by then; must change nothing and be short. What it throws becomes an
   * uncaught error, as with `input`, and the packets are delivered all the same.
   */
  readonly prefetch?: (packet: IpPacket) => void;
  /** The socket is unusable until reopened, or a packet was lost; an interface gone down is not an error. */
  readonly error?: (error: IfnetError) => void;
}

/** The packets that the kernel lets through; every part given must hold. */
export interface PacketFilter {
  /** Exact TTL or hop limit, 0 to 255. */
  readonly ttl?: number;
  /** Each: the byte at `offset` of the IP payload, masked, is one of `values`. */
  readonly bytes?: readonly {
    readonly offset: number;
    readonly mask: number;
    readonly values: readonly number[];
  }[];
  /** Drop packets from these sources: one's own, looped back. */
  readonly notSource?: readonly InetAddress[];
}

/** A packet as it was received. It and its payload are valid only during the call: copy what must outlive it. */
export interface IpPacket {
  readonly family: InetFamily;
  readonly source: InetAddress;
  readonly destination?: InetAddress | undefined;
  /** TTL or hop limit as received. */
  readonly ttl?: number | undefined;
  /** When it came to this host, on the kernel's clock in ms; absent where the system does not say. */
  readonly arrivedAt?: number | undefined;
  /** What follows the IP header. */
  readonly payload: Uint8Array;
}

/** Where a packet goes, and with which header. */
export interface IpDestination {
  readonly destination: InetAddress;
  /** Default: the interface's first address of the family. */
  readonly source?: InetAddress;
  /** TTL or hop limit; default 255, which the receivers of link-local protocols demand. */
  readonly ttl?: number;
  /** The whole TOS or traffic-class byte; default 0. */
  readonly tos?: number;
  /** Link-layer source; multicast and broadcast only, else ignored. Default: the interface's own. */
  readonly lladdr?: Uint8Array | undefined;
  /** Send in an Ethernet broadcast frame although the destination is a multicast group (ucarp's -M). */
  readonly broadcast?: boolean;
}

/** A raw IP socket on one interface. */
export interface IpSocket extends Disposable {
  /** On the wire, or refused, when it returns. @throws IfnetError ENETDOWN, ENOBUFS, EPERM … */
  send(payload: Uint8Array, to: IpDestination): void;
  /**
   * Does all that `send` does but put the packet on the wire, for what sends once in months and is to be on time then. A
   * driver may lack it.
   *
   * @throws IfnetError
   */
  prepare?(payload: Uint8Array, to: IpDestination): void;
  /** Replaces the filter at once; undefined lets everything of the protocol through. A no-op once it is closed. */
  setFilter(filter: PacketFilter | undefined): void;
  /** Gives to `input`, now, whatever the kernel already holds: before a deadline is judged missed. */
  drain(): void;
}

/** The filter's meaning, for drivers without a kernel of their own and for tests of those that have one. */
export function passes(filter: PacketFilter | undefined, packet: IpPacket): boolean {
  if (filter === undefined) return true;
  if (filter.ttl !== undefined && packet.ttl !== filter.ttl) return false;
  if (filter.notSource?.some((source) => source.equals(packet.source))) return false;
  return (filter.bytes ?? []).every(({ offset, mask, values }) => {
    const byte = packet.payload[offset];
    return byte !== undefined && values.includes(byte & mask);
  });
}
