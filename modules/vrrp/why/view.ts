import type { Outlook, SeenChange, WhyNext } from '../../vip/index.js';
import type { VrrpRouter } from '../router.js';
import type { VrrpReason, VrrpState } from '../state.js';
import type { VrrpPeerStatus } from '../status.js';

/** Why this host is not MASTER, for programs. */
export type VrrpObstacle =
  | 'no interface'
  | 'interface down'
  | 'no carrier'
  | 'not allowed'
  | 'no source address'
  | 'held'
  | 'start-up delay'
  | 'no master heard yet'
  | 'cannot serve'
  | 'drained'
  | 'demoted'
  | 'a better master'
  | 'a tie'
  | 'no preemption'
  | 'preemption delay'
  | 'listening after a pause'
  | 'about to take over';

/** The MASTER. */
export interface VrrpWhyMaster {
  /** Undefined: this host. */
  readonly address: string | undefined;
  readonly priority: number;
  /** Milliseconds. */
  readonly interval: number;
  /** Milliseconds since it was heard; 0 for this host. */
  readonly heardAgo: number;
}

/** The facts behind the sentences: what is known of one virtual router now. */
export interface VrrpWhyFacts {
  readonly router: string;
  readonly state: VrrpState;
  /** When the state was entered, in ms since 1970. */
  readonly since: number;
  /** Why; undefined for one that has never changed its state. */
  readonly reason: VrrpReason | undefined;
  /** As it is sent. */
  readonly priority: number;
  /** Who is MASTER, as far as this host knows. */
  readonly master: VrrpWhyMaster | undefined;
  /** Other MASTERs that are heard at the same time. */
  readonly rivals: readonly string[];
  /** Why this host is not MASTER; empty if it is. */
  readonly obstacles: readonly VrrpObstacle[];
  /** What demotes this host, in words. */
  readonly demotions: readonly string[];
  /** What is left of its preemptDelay, in ms; undefined if it does not wait for that. */
  readonly preemptionIn: number | undefined;
  /** What would happen if the master died now; where none is heard, what happens unless one is. */
  readonly next: WhyNext;
  /** The latest first. */
  readonly changes: readonly SeenChange<VrrpReason>[];
  /** The hosts that were heard, the latest first. */
  readonly peers: readonly VrrpPeerStatus[];
}

/** The facts of one virtual router, and the sentences made of them. */
export interface VrrpWhyAnswer extends VrrpWhyFacts {
  readonly sentences: readonly string[];
}

/** What shows whether a failover was the network's fault or this process's. */
export interface VrrpEvidence extends Outlook {
  /** The latest heard first. */
  readonly peers: readonly VrrpPeerStatus[];
  /** By how many ms the last master-down timer was late: how long this process was held up when it decided. */
  readonly timerLate: number;
}

/** The virtual router whose facts are wanted. */
export interface VrrpWhyRouter
  extends Pick<
    VrrpRouter,
    'name' | 'vhid' | 'ifp' | 'state' | 'since' | 'settings' | 'priority' | 'interval' | 'preempt' | 'master'
  > {
  readonly demotions: readonly { on: string; amount: number; by: string; reason: string }[];
  readonly evidence: VrrpEvidence;
  /** Whether it is known that it cannot put its addresses in place. */
  readonly fitness: { readonly failing: boolean };
  /** Why it cannot take part; undefined: it can. */
  readonly obstacle: VrrpReason | undefined;
}
