import { formatLladdr } from '../ifnet/index.js';
import type { CarpDialect } from './election/election.js';
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
  /** The link-layer address that they are served from, where that is not the interface's own. */
  readonly virtualMac?: string | undefined;
  /** The interface that carries them where there is a `virtualMac`, while it is there. */
  readonly virtualIfname?: string | undefined;
  readonly peers: readonly string[];
  /** The multicast groups; a family with `peers` does not use its own. */
  readonly group: string;
  readonly group6: string;
}

export function statusOf(vhid: CarpVhid): CarpVhidStatus {
  const { settings, service } = vhid;
  const virtual = service.lladdr && {
    virtualMac: formatLladdr(service.lladdr),
    virtualIfname: service.ifp?.name,
  };
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
    ...virtual,
    peers: settings.peers.map(String),
    group: settings.group.toString(),
    group6: settings.group6.toString(),
  };
}
