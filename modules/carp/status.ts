import { formatLladdr, type Ifnet, type InetFamily } from '../ifnet/index.js';
import type { DemotionStatus, HeardPeerStatus, Outlook, Successor } from '../vip/index.js';
import type { CarpDialect } from './dialect.js';
import type { CarpSealMode } from './seal/mode.js';
import type { CarpSettings } from './settings.js';
import type { CarpState } from './state.js';
import { servedLladdr } from './wire/virtual-lladdr.js';

/** The MASTER that a BACKUP hears, as its last advertisement describes it. */
export interface CarpMasterStatus {
  /** The source of its advertisements. */
  readonly address: string;
  /** Seconds. */
  readonly advbase: number;
  /** 1/256 s, demotion included. */
  readonly advskew: number;
  /** It had a right seal. */
  readonly sealed: boolean;
  /** Milliseconds since that advertisement. */
  readonly heardAgo: number;
}

/** What a CARP host says of itself, as its last advertisement had it that was no bow-out. */
export interface CarpPeerWords {
  /** Seconds. */
  readonly advbase: number;
  /** 1/256 s, demotion included. */
  readonly advskew: number;
  /** OpenBSD's demotion byte. */
  readonly demote: number;
}

/** A host that was heard as MASTER since the vhid was made. Of a dual-stack host each family counts by itself. */
export type CarpPeerStatus = HeardPeerStatus<CarpPeerWords>;

/** What shows whether a failover was the network's fault or this process's. */
export interface CarpEvidence extends Outlook {
  /** The latest heard first. */
  readonly peers: readonly CarpPeerStatus[];
  /** By how many ms the last master-down timer was late: how long this process was held up when it decided. */
  readonly timerLate: number;
}

/** What a vhid reports about itself to programs. */
export interface CarpVhidStatus {
  readonly name: string;
  readonly vhid: number;
  readonly ifname: string;
  readonly state: CarpState;
  /** Of a BACKUP; absent while it has heard none. */
  readonly master?: CarpMasterStatus | undefined;
  /** Of a MASTER: whether a host is known that would take over from it. */
  readonly successor?: Successor | undefined;
  /** Seconds. */
  readonly advbase: number;
  /** 1/256 s, as set. */
  readonly advskew: number;
  /** advskew with demotion. */
  readonly advskewSent: number;
  /** OpenBSD's demotion byte. */
  readonly demote: number;
  /** Milliseconds of silence after which a BACKUP takes over; a former version does not say. */
  readonly deadTime?: number | undefined;
  readonly preempt: boolean;
  readonly election: CarpDialect;
  readonly seal: CarpSealMode;
  /** The families in which this host cannot advertise; absent if there is none. */
  readonly muteFamilies?: readonly InetFamily[] | undefined;
  /** The families in which a BACKUP misses the master, which it hears in the other; absent if there is none. */
  readonly unheardFamilies?: readonly InetFamily[] | undefined;
  /** What demotes it apart from net.inet.carp.demotion, in words; absent if nothing does. */
  readonly demotedBy?: readonly string[] | undefined;
  /** Every cause that demotes it; absent if there is none. */
  readonly demotions?: readonly DemotionStatus[] | undefined;
  readonly addresses: readonly string[];
  /** The link-layer address that they are served from, if it is not the interface's own. */
  readonly virtualMac?: string | undefined;
  /** The virtual interface that carries them, while it exists. */
  readonly virtualIfname?: string | undefined;
  readonly peers: readonly string[];
  /** The multicast groups; a family with `peers` does not use its own. */
  readonly group: string;
  readonly group6: string;
}

/** What the status is read from. */
export interface CarpStatusNeeds {
  readonly name: string;
  readonly vhid: number;
  readonly ifname: string;
  readonly state: CarpState;
  readonly master: CarpMasterStatus | undefined;
  readonly successor: Successor;
  readonly settings: CarpSettings;
  readonly advskew: number;
  readonly demote: number;
  readonly deadTime: number;
  readonly preempt: boolean;
  readonly muteFamilies: readonly InetFamily[];
  readonly unheardFamilies: readonly InetFamily[];
  readonly demotedBy: readonly string[];
  readonly demotions: readonly DemotionStatus[];
  /** `ifp`: the interface that carries the addresses. */
  readonly service: { readonly ifp: Ifnet | undefined };
}

export function statusOf(vhid: CarpStatusNeeds): CarpVhidStatus {
  const { settings, service, muteFamilies, unheardFamilies, demotedBy, demotions } = vhid;
  const lladdr = servedLladdr(settings);
  return {
    name: vhid.name,
    vhid: vhid.vhid,
    ifname: vhid.ifname,
    state: vhid.state,
    ...(vhid.master && { master: vhid.master }),
    ...(vhid.state === 'MASTER' && { successor: vhid.successor }),
    advbase: settings.advbase,
    advskew: settings.advskew,
    advskewSent: vhid.advskew,
    demote: vhid.demote,
    deadTime: vhid.deadTime,
    preempt: vhid.preempt,
    election: settings.election,
    seal: settings.seal,
    ...(muteFamilies.length > 0 && { muteFamilies }),
    ...(unheardFamilies.length > 0 && { unheardFamilies }),
    ...(demotedBy.length > 0 && { demotedBy }),
    ...(demotions.length > 0 && { demotions }),
    addresses: settings.addresses.map(String),
    ...(lladdr && { virtualMac: formatLladdr(lladdr), virtualIfname: service.ifp?.name }),
    peers: settings.peers.map(String),
    group: settings.group.toString(),
    group6: settings.group6.toString(),
  };
}
