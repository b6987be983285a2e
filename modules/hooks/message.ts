import type { CarpVhid } from '../carp/index.js';
import type { Vip } from '../vip/index.js';
import type { HookState } from './settings.js';

/** What a hook is told, as one JSON object. */
export interface HookMessage {
  /** `state`: the vhid changed its state; `present`: it has this state, and the hook knew none. */
  readonly event: 'state' | 'present' | 'drain' | 'undrain' | 'stop';
  /** When it happened, in ms since the epoch. */
  readonly time: number;
  /** `1@eth0`. */
  readonly name: string;
  /** `carp` or `vrrp`. */
  readonly protocol: string;
  /** Of VRRP the VRID. */
  readonly vhid: number;
  readonly ifname: string;
  readonly state: HookState;
  /** Of a `state`: the one before. */
  readonly from?: string;
  /** Why, in words. */
  readonly reason: string;
  /** With their prefix lengths. */
  readonly addresses: readonly string[];
  /** 1 to 255: VRRP's as it is sent, with demotion; of CARP 255 less advskew. */
  readonly priority: number;
  /** Of CARP, as set, in 1/256 s. */
  readonly advskew?: number;
  readonly preempt: boolean;
}

/** What happened to a vhid. */
export type HookNews = Pick<HookMessage, 'event' | 'time' | 'state' | 'reason'> & { readonly from?: string };

export function messageOf(vip: Vip, news: HookNews): HookMessage {
  const { name, protocol, vhid, ifname, addresses, priority, preempt } = vip;
  return {
    ...news,
    name,
    protocol,
    vhid,
    ifname,
    addresses: addresses.map(String),
    priority,
    ...(isCarp(vip) && { advskew: vip.settings.advskew }),
    preempt,
  };
}

function isCarp(vip: Vip): vip is CarpVhid {
  return vip.protocol === 'carp';
}
