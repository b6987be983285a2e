import { formatLladdr, type Ifnet } from '../ifnet/index.js';
import type { DemotionStatus, HeardPeerStatus, Successor } from '../vip/index.js';
import type { VrrpSettings } from './settings/router.js';
import { RFC_STATES, type VrrpState } from './state.js';

/** The MASTER that a BACKUP hears, as its last advertisement describes it. */
export interface VrrpMasterStatus {
  /** The source of its advertisements. */
  readonly address: string;
  readonly priority: number;
  /** Milliseconds. */
  readonly interval: number;
  /** Milliseconds since that advertisement. */
  readonly heardAgo: number;
}

/** What a host says of itself, as its last advertisement had it that was not of priority 0. */
export interface VrrpPeerWords {
  readonly priority: number;
  /** Milliseconds. */
  readonly interval: number;
}

/** A host that was heard as MASTER since this process started; `bowedOut`: its last word was priority 0. */
export type VrrpPeerStatus = HeardPeerStatus<VrrpPeerWords>;

/** What a virtual router reports about itself to programs. */
export interface VrrpRouterStatus {
  readonly name: string;
  readonly vrid: number;
  readonly ifname: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly version: 2 | 3;
  readonly state: VrrpState;
  /** The state in the words of RFC 9568: Initialize, Backup, Active. */
  readonly rfcState: (typeof RFC_STATES)[VrrpState];
  readonly master?: VrrpMasterStatus | undefined;
  /** Of a MASTER: whether a host is known that would take over from it. */
  readonly successor?: Successor | undefined;
  /** As set. */
  readonly priority: number;
  /** With demotion. */
  readonly prioritySent: number;
  readonly preempt: boolean;
  /** Milliseconds, as set. */
  readonly interval: number;
  /** Milliseconds, as learnt from the master. */
  readonly masterInterval: number;
  /** Milliseconds. */
  readonly deadTime: number;
  /** Every cause that demotes it; absent if there is none. */
  readonly demotions?: readonly DemotionStatus[] | undefined;
  readonly addresses: readonly string[];
  readonly excluded?: readonly string[] | undefined;
  /** The virtual router MAC, if it is used. */
  readonly virtualMac?: string | undefined;
  /** The virtual interface that carries the addresses, while it exists. */
  readonly virtualIfname?: string | undefined;
  /** Whether packets addressed to the addresses are accepted; absent: they are. */
  readonly accept?: false | undefined;
  readonly source?: string | undefined;
  readonly peers: readonly string[];
  readonly authentication: 'none' | 'password' | 'hmac';
  readonly failoverGroup?: string | undefined;
}

/** What the status is read from. */
export interface VrrpStatusNeeds {
  readonly name: string;
  readonly vrid: number;
  readonly ifname: string;
  readonly state: VrrpState;
  readonly settings: VrrpSettings;
  readonly priority: number;
  readonly interval: number;
  readonly deadTime: number;
  readonly master: VrrpMasterStatus | undefined;
  readonly successor: Successor;
  readonly demotions: readonly DemotionStatus[];
  readonly servedLladdr: Uint8Array | undefined;
  readonly accepts: boolean;
  readonly source: { toString(): string } | undefined;
  readonly authentication: VrrpRouterStatus['authentication'];
  readonly service: { readonly ifp: Ifnet | undefined };
}

export function statusOf(router: VrrpStatusNeeds): VrrpRouterStatus {
  const { settings, state, master, demotions, servedLladdr: lladdr, source, service } = router;
  return {
    name: router.name,
    vrid: router.vrid,
    ifname: router.ifname,
    family: settings.addresses[0]!.address.family === 4 ? 'ipv4' : 'ipv6',
    version: settings.version,
    state,
    rfcState: RFC_STATES[state],
    ...(master && { master }),
    ...(state === 'MASTER' && { successor: router.successor }),
    priority: settings.priority,
    prioritySent: router.priority,
    preempt: settings.preempt,
    interval: settings.interval,
    masterInterval: router.interval,
    deadTime: router.deadTime,
    ...(demotions.length > 0 && { demotions }),
    addresses: settings.addresses.map(String),
    ...(settings.excluded.length > 0 && { excluded: settings.excluded.map(String) }),
    ...(lladdr && { virtualMac: formatLladdr(lladdr), virtualIfname: service.ifp?.name }),
    ...(!router.accepts && { accept: false }),
    ...(source && { source: source.toString() }),
    peers: settings.peers.map(String),
    authentication: router.authentication,
    ...(settings.failoverGroup !== undefined && { failoverGroup: settings.failoverGroup }),
  };
}
