import type { CarpDialect } from './election.js';
import type { CarpState } from './events.js';
import type { CarpVhid } from './vhid.js';

/** What a vhid tells programs of itself. */
export interface CarpVhidStatus {
  readonly name: string;
  readonly vhid: number;
  readonly ifname: string;
  readonly state: CarpState;
  readonly advbase: number;
  readonly advskew: number;
  /** advskew with demotion. */
  readonly advskewSent: number;
  /** OpenBSD's demotion byte. */
  readonly demote: number;
  readonly preempt: boolean;
  readonly election: CarpDialect;
  readonly addresses: readonly string[];
  readonly peers: readonly string[];
  /** The multicast groups; a family with `peers` does not use its own. */
  readonly group: string;
  readonly group6: string;
}

export function statusOf(vhid: CarpVhid): CarpVhidStatus {
  const { settings } = vhid;
  return {
    name: vhid.name,
    vhid: vhid.vhid,
    ifname: vhid.ifname,
    state: vhid.state,
    advbase: settings.advbase,
    advskew: settings.advskew,
    advskewSent: vhid.advskew,
    demote: vhid.demote,
    preempt: vhid.preempt,
    election: settings.election,
    addresses: settings.addresses.map(String),
    peers: settings.peers.map(String),
    group: settings.group.toString(),
    group6: settings.group6.toString(),
  };
}
