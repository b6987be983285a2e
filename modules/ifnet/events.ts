/**
 * @module
 * The event lists of network interfaces. Names are EVENTHANDLER(9)'s where it has them. Both drivers report to
 * IfnetModule, and IfnetModule alone invokes these, in the order in which the driver reported.
 */
import type { InetAddress } from './address.js';
import type { Ifnet } from './ifnet.js';
import type { IfAddress, LinkState } from './state.js';

/** What happened to an address: it came, went, or changed its flags or lifetimes. */
export type IfaddrOp = 'ADD' | 'DEL' | 'CHANGE';

/** A neighbour: an entry of the ARP or neighbour-discovery cache. */
export interface Llentry {
  readonly ifp: Ifnet;
  readonly address: InetAddress;
  /** Absent while unresolved. */
  readonly lladdr?: Uint8Array;
  /** Entered by hand: does not age. */
  readonly permanent: boolean;
  /** IPv6: the neighbour claims to be a router. */
  readonly router: boolean;
}

/** FreeBSD's LLENTRY_*: a link-layer address learned or changed, given up on, removed, or gone stale. */
export type LleEvent = 'RESOLVED' | 'TIMEDOUT' | 'DELETED' | 'EXPIRED';

/** An ICMP redirect that was accepted: a better gateway for one destination. */
export interface RouteRedirect {
  readonly ifp: Ifnet;
  readonly destination: InetAddress;
  /** Where the traffic goes from now on. */
  readonly gateway: InetAddress;
  /** The router that said so. */
  readonly from: InetAddress;
}

/** The event lists of network interfaces, with their handlers' signatures. */
export interface IfnetEvents {
  /** A new interface; it is in the table, its addresses follow as events. */
  ifnet_arrival_event(ifp: Ifnet): void;
  /** It is out of the table, its addresses were reported DEL before; `ifp` still shows its last state. */
  ifnet_departure_event(ifp: Ifnet): void;
  /**
   * carpet lets go of the interface, which itself stays as it is: its driver is being unloaded. Whoever holds it lets go
   * too, as at a departure. Not in FreeBSD, where an interface goes with its driver.
   */
  ifnet_release_event(ifp: Ifnet): void;
  /** Same object, new name. (FreeBSD invokes departure and arrival; there the handlers' state dies with the name.) */
  ifnet_rename_event(ifp: Ifnet, oldName: string): void;
  /** Administratively up or down: FreeBSD's IFNET_EVENT_UP and IFNET_EVENT_DOWN. */
  ifnet_event(ifp: Ifnet, event: 'UP' | 'DOWN'): void;
  /** An edge of `linkState`; never twice the same. */
  ifnet_link_event(ifp: Ifnet, state: LinkState): void;
  ifnet_mtu_event(ifp: Ifnet, mtu: number): void;
  /** ADD and DEL are the address coming and going; CHANGE is its flags or lifetimes (tentative over, deprecated …). */
  ifaddr_event(ifp: Ifnet, address: IfAddress, op: IfaddrOp): void;
  /** The link-layer address changed. */
  iflladdr_event(ifp: Ifnet): void;
  group_attach_event(ifp: Ifnet, group: string): void;
  group_detach_event(ifp: Ifnet, group: string): void;
  /** The membership of a group changed: follows each attach and detach. */
  group_change_event(group: string): void;
  /** A cloned interface (bridge, macvlan, dummy, vlan …) was made or destroyed. */
  if_clone_event(ifp: Ifnet, kind: string, op: 'CREATE' | 'DESTROY'): void;
  /** A VLAN came to `parent`, which is undefined where it lies in another network namespace. */
  vlan_config(parent: Ifnet | undefined, tag: number, vlan: Ifnet): void;
  vlan_unconfig(parent: Ifnet | undefined, tag: number, vlan: Ifnet): void;
  lle_event(entry: Llentry, event: LleEvent): void;
  route_redirect_event(redirect: RouteRedirect): void;
  /** A promiscuous listener came or went; `listeners` is how many there are now. */
  bpf_track(ifp: Ifnet, op: 'ATTACH' | 'DETACH', listeners: number): void;
}

declare module 'carpet-kernel' {
  interface EventHandlers extends IfnetEvents {}
}
