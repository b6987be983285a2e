import type { CarpVhid } from '../carp/index.js';
import type { HookState } from './settings.js';

/** What a hook is told, as one JSON object. */
export interface HookMessage {
  /** `state`: the vhid changed its state; `present`: it has this state, and the hook knew none. */
  readonly event: 'state' | 'present' | 'drain' | 'undrain' | 'stop';
  /** When it happened, in ms since the epoch. */
  readonly time: number;
  /** `1@eth0`. */
  readonly name: string;
  readonly vhid: number;
  readonly ifname: string;
  readonly state: HookState;
  /** Of a `state`: the one before. */
  readonly from?: string;
  /** Why, in words. */
  readonly reason: string;
  /** With their prefix lengths. */
  readonly addresses: readonly string[];
  /** As set, in 1/256 s. */
  readonly advskew: number;
  readonly preempt: boolean;
}

/** What happened to a vhid. */
export type HookNews = Pick<HookMessage, 'event' | 'time' | 'state' | 'reason'> & { readonly from?: string };

export function messageOf(vhid: CarpVhid, news: HookNews): HookMessage {
  const { name, ifname, addresses, settings, preempt } = vhid;
  return {
    ...news,
    name,
    vhid: vhid.vhid,
    ifname,
    addresses: addresses.map(String),
    advskew: settings.advskew,
    preempt,
  };
}
