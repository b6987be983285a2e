import type { Ifnet, InetFamily, InetPrefix } from '../ifnet/index.js';
import type { VipState } from './state.js';

/** The settings that every protocol has. */
export interface VipSettings {
  /** Groups whose demotion applies. */
  readonly groups: readonly string[];
  /** Those with the same one fail over together. */
  readonly failoverGroup?: string | undefined;
  /** Whether this process puts the addresses in place. */
  readonly manageAddresses: boolean;
  /** Whether it says so when it hands over. */
  readonly bowOut: boolean;
}

/**
 * Whether another host would take over from a MASTER, as far as it can be known: a BACKUP is silent. `heard`: one has been
 * heard by this process, or by one whose place it took, which may have gone since; `left`: the last word of all that were
 * heard was that they stop; `unheard`: none was heard.
 */
export type Successor = 'heard' | 'left' | 'unheard';

/**
 * Shared addresses on one interface and this host's part in the election for them, whatever the protocol: what CARP's vhids
 * and VRRP's routers have in common.
 */
export interface Vip {
  /** The module that makes it: `carp`. */
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
  /** 1 to 255, the higher the better: VRRP's as it is sent, with demotion; of CARP 255 less the advskew of its settings. */
  readonly priority: number;
  /** Whether it takes over from a worse MASTER. */
  readonly preempt: boolean;
  /** Whether a host is known that would take over from this one. */
  readonly successor: Successor;
  readonly settings: VipSettings;

  /** MASTER takes over, from BACKUP only. BACKUP hands over. INIT leaves the election until BACKUP is asked for. */
  setState(state: VipState): void;
}
