import type { InetAddress, InetFamily, InetPrefix } from '../ifnet/index.js';

/** A vhid of CARP, or a virtual router of VRRP, that is to work on an interface. */
export interface SubjectVhid {
  readonly ifname: string;
  readonly vhid: number;
  /** Of a virtual router, its name, `7v6@eth0`, its version, and ms between its advertisements. */
  readonly router?: { readonly name: string; readonly version: 2 | 3; readonly interval: number } | undefined;
  /** The shared addresses. */
  readonly addresses: readonly InetPrefix[];
  /** Unicast peers; of a family with some the group is not used. */
  readonly peers: readonly InetAddress[];
  readonly group: InetAddress;
  readonly group6: InetAddress;
  /** The password's bytes, where they are known: a running kernel does not give them away. */
  readonly key?: Uint8Array | undefined;
  /** More passwords that it hears, where they are known. */
  readonly heardKeys?: readonly Uint8Array[] | undefined;
  /** Of a vhid that runs. */
  readonly state?: string | undefined;
  /** Seconds between advertisements. */
  readonly advbase: number;
  /** Of a vhid of CARP, ms of silence after which it takes over, where that is known. */
  readonly deadTime?: number | undefined;
}

/** An interface of the host. */
export interface HostInterface {
  readonly name: string;
  readonly index: number;
  readonly ethernet: boolean;
  readonly up: boolean;
  readonly running: boolean;
  readonly mtu: number;
  readonly lladdr: Uint8Array;
  /** macvlan, vlan, bridge …; undefined on hardware. */
  readonly kind: string | undefined;
  /** Its addresses in their order, those that are shared included. */
  readonly addresses: readonly InetPrefix[];
  /** The bridge that it is a port of. */
  readonly bridge: string | undefined;
}

/** What was found out about the host without listening. */
export interface HostFacts {
  readonly interfaces: readonly HostInterface[];
  /** The value of `net.ipv4.conf.IFNAME.NAME` or `net.ipv6.conf.IFNAME.NAME`; undefined where the host lacks it. */
  sysctl(family: InetFamily, ifname: string, name: string): number | undefined;
  /** Attribute of a bridge, as /sys/class/net/BRIDGE/bridge/NAME has it; undefined for what is no bridge. */
  bridge(ifname: string, name: string): number | undefined;
  /** The interface by which an IPv4 address is reached, by the main routing table; undefined if by none. */
  route(address: InetAddress): string | undefined;
  /** What `nft -j list ruleset` says, and the rules of the old iptables in that form; undefined where it cannot be asked. */
  readonly ruleset: unknown;
}

/** `1@eth0`. */
export function nameOf({ vhid, ifname, router }: Pick<SubjectVhid, 'vhid' | 'ifname' | 'router'>): string {
  return router?.name ?? `${vhid}@${ifname}`;
}
