/**
 * @module
 * What is known of an interface. The driver reports it, IfnetModule stores it, others read it through Ifnet.
 */
import type { InetAddress, InetPrefix } from './address.js';

/** FreeBSD's LINK_STATE_*. UP is Linux's IFF_RUNNING: carrier, and the interface administratively up. */
export type LinkState = 'UNKNOWN' | 'DOWN' | 'UP';

/** The kind of link. */
export type IfType = 'ether' | 'loopback' | 'other';

/** The flags of an interface, Linux's IFF_*. */
export interface IfFlags {
  /** Administratively up. */
  readonly up: boolean;
  /** Up and able to carry packets. */
  readonly running: boolean;
  readonly loopback: boolean;
  readonly multicast: boolean;
  readonly noarp: boolean;
  readonly promisc: boolean;
  readonly broadcast?: boolean;
  readonly pointopoint?: boolean;
}

/** An address on an interface, with its flags and lifetimes. */
export interface IfAddress {
  readonly prefix: InetPrefix;
  /** `global`, `link`, `host`, or the number of another scope. */
  readonly scope?: string;
  /** Duplicate address detection has not finished: not usable as a source yet. */
  readonly tentative: boolean;
  readonly deprecated: boolean;
  /** Not the first of its subnet: it goes when the first goes, unless it is promoted. */
  readonly secondary: boolean;
  /** Duplicate address detection found another owner. */
  readonly dadFailed?: boolean;
  readonly broadcast?: InetAddress;
  /** The other end of a point-to-point address. */
  readonly peer?: InetAddress;
  /** The CARP vhid that put it there, 1 to 255. Known only to the process that did. */
  readonly vhid?: number;
  /** Which program put it there, 1 to 255, as noted by the host (Linux's IFA_PROTO); absent where none is noted. */
  readonly protocol?: number;
  /** Remaining lifetimes when last reported; absent means forever. */
  readonly validMs?: number;
  readonly preferredMs?: number;
  /** When the lifetimes were last set, in a unit of the driver's own: tells a new lease from one that runs down. */
  readonly stamp?: number;
}

/** A VLAN interface's tag (1 to 4094) and the index of the interface it sits on. */
export interface VlanInfo {
  readonly tag: number;
  readonly parent: number;
}

/** The driver's whole report of an interface, its addresses apart. */
export interface IfnetState {
  readonly index: number;
  readonly name: string;
  readonly type: IfType;
  readonly lladdr: Uint8Array;
  readonly mtu: number;
  readonly flags: IfFlags;
  readonly linkState: LinkState;
  readonly groups: ReadonlySet<string>;
  /** What made it: veth, vlan, bridge, macvlan, dummy … ; absent on hardware. */
  readonly kind?: string;
  readonly alias?: string;
  readonly vlan?: VlanInfo;
  /** Index of the bridge or bond it is a port of. */
  readonly master?: number;
  /** How many listeners hold it promiscuous (Linux's IFLA_PROMISCUITY); 0 where the driver does not know. */
  readonly promiscuity: number;
  /** How often the link has gone down, where the driver counts it: shows a flap that fell between two reports. */
  readonly carrierDowns?: number;
}

/**
 * Two reports with the same key are about the same address, as far as a kernel is concerned. One of IPv6 stays the same when its
 * peer is changed; of IPv4 each peer has an address of its own.
 */
export function addressKey({ prefix, peer }: Pick<IfAddress, 'prefix' | 'peer'>): string {
  const { family, bytes } = prefix.address;
  return String.fromCharCode(prefix.length, ...bytes, ...((family === 4 && peer?.bytes) || []));
}
