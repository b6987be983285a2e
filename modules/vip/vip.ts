import type { Ifnet, InetFamily, InetPrefix } from '../ifnet/index.js';
import type { VipState } from './state.js';

/** The settings that CARP's vhids and VRRP's virtual routers share. */
export interface VipSettings {
  /** Interface groups, like OpenBSD's, whose demotion applies to the virtual host. */
  readonly groups: readonly string[];
  /** Virtual hosts with the same name here fail over together. */
  readonly failoverGroup?: string | undefined;
  /** Whether this process puts the addresses in place. */
  readonly manageAddresses: boolean;
  /** Whether it sends a bow-out (in VRRP: priority 0) when it hands over. */
  readonly bowOut: boolean;
}

/**
 * Whether a peer would take over from a MASTER, as far as that can be known, since a BACKUP is silent. `heard`: this process
 * has heard a peer, or the process that it replaced in an upgrade has; the peer may have gone since. `left`: every peer that
 * was heard has announced that it stops. `unheard`: no peer was heard.
 */
export type Successor = 'heard' | 'left' | 'unheard';

/**
 * Shared addresses on one interface and this host's part in the election for them, whatever the protocol: what CARP's vhids
 * and VRRP's virtual routers have in common.
 */
export interface Vip {
  /** The module that makes it: `carp` or `vrrp`. */
  readonly protocol: string;
  /** CARP's vhid, VRRP's VRID: 1 to 255. */
  readonly vhid: number;
  /** `1@eth0`. */
  readonly name: string;
  /** The name of its interface, which may be missing. */
  readonly ifname: string;
  /** The interface, while it exists. */
  readonly ifp: Ifnet | undefined;
  readonly state: VipState;
  /** When the state was entered, on the kernel's clock in ms. */
  readonly since: number;
  /** The shared addresses. */
  readonly addresses: readonly InetPrefix[];
  /** The families of the shared addresses, IPv4 first. */
  readonly families: readonly InetFamily[];
  /** Milliseconds between advertisements, with demotion. */
  readonly interval: number;
  /** The link-layer address that the addresses are served from; undefined: the interface's own. */
  readonly servedLladdr: Uint8Array | undefined;
  /** 0 to 255, higher is preferred. VRRP: the priority as sent, with demotion. CARP: 255 less the advskew of its settings. */
  readonly priority: number;
  /** Whether it takes over from a worse MASTER. */
  readonly preempt: boolean;
  /** Whether a peer is known that would take over from this host. */
  readonly successor: Successor;
  readonly settings: VipSettings;

  /** `MASTER` takes over, from BACKUP only; `BACKUP` hands over; `INIT` leaves the election until `BACKUP` is set. */
  setState(state: VipState): void;
}
