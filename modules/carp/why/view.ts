import type { InetFamily } from '../../ifnet/index.js';
import type { SeenChange, WhyNext } from '../../vip/index.js';
import type { CarpReason, CarpState } from '../state.js';
import type { CarpPeerStatus } from '../status.js';
import type { CarpVhid } from '../vhid.js';

/** A change of state that was seen, with its evidence. */
export type WhyChange = SeenChange<CarpReason>;

/** Why this host is not MASTER, for programs. */
export type WhyObstacle =
  | 'no interface'
  | 'interface down'
  | 'no carrier'
  | 'not allowed'
  | 'held'
  | 'start-up delay'
  | 'no master heard yet'
  | 'no address of its own'
  | 'cannot serve'
  | 'demoted'
  | 'a better master'
  | 'a tie'
  | 'no preemption'
  | 'preemption delay'
  | 'listening after a pause'
  | 'about to take over';

/** The facts behind the sentences: what is known of one vhid now. */
export interface WhyFacts {
  readonly vhid: string;
  readonly state: CarpState;
  /** When the state was entered, in ms since 1970. */
  readonly since: number;
  /** Why; undefined for a vhid that has never changed its state. */
  readonly reason: CarpReason | undefined;
  /** Who is MASTER, as far as this host knows. */
  readonly master: WhyMaster | undefined;
  /** Other MASTERs that are heard at the same time. */
  readonly rivals: readonly string[];
  /** Why this host is not MASTER; empty if it is. */
  readonly obstacles: readonly WhyObstacle[];
  /** What demotes this host, in words. */
  readonly demotions: readonly string[];
  /** What makes it better than its settings say, such as a check with a positive weight. */
  readonly promotions: readonly string[];
  /** What is left of its preemptDelay, in ms; undefined if it does not wait for that. */
  readonly preemptionIn: number | undefined;
  /** What would happen if the master died now; where none is heard, what happens unless one is. */
  readonly next: WhyNext;
  /** The latest first. */
  readonly changes: readonly WhyChange[];
  /** The hosts that were heard, the latest first. */
  readonly peers: readonly CarpPeerStatus[];
  /** Families in which this host cannot advertise, or misses the master. */
  readonly muteFamilies: readonly InetFamily[];
  readonly unheardFamilies: readonly InetFamily[];
}

/** The facts of one vhid, and the sentences made of them. */
export interface WhyAnswer extends WhyFacts {
  readonly sentences: readonly string[];
}

/** The MASTER. */
export interface WhyMaster {
  /** Undefined: this host. */
  readonly address: string | undefined;
  readonly advbase: number;
  readonly advskew: number;
  readonly demote: number;
  /** Milliseconds since it was heard; 0 for this host. */
  readonly heardAgo: number;
}

/** The vhid whose facts are wanted. */
export type WhyVhid = Pick<
  CarpVhid,
  | 'name'
  | 'ifname'
  | 'ifp'
  | 'state'
  | 'since'
  | 'settings'
  | 'families'
  | 'muteFamilies'
  | 'unheardFamilies'
  | 'advbase'
  | 'advskew'
  | 'demote'
  | 'demotions'
  | 'interval'
  | 'deadTime'
  | 'preempt'
  | 'evidence'
> & {
  /** Whether it is known that it cannot put its addresses in place. */
  readonly fitness?: { readonly failing: boolean } | undefined;
};
