import type { TakeoverOccasion, VipState } from '../vip/index.js';

/** RFC 9568 calls INIT Initialize, BACKUP Backup and MASTER Active; keepalived and RFC 5798 say MASTER. */
export type VrrpState = VipState;

/** The states in the words of RFC 9568 section 6.4. */
export const RFC_STATES = { INIT: 'Initialize', BACKUP: 'Backup', MASTER: 'Active' } as const;

/** Why a virtual router changed its state. */
export type VrrpReason =
  | 'initialization complete'
  | 'hardware interface up'
  | 'hardware interface down'
  | 'no source address'
  | 'owner of the addresses'
  | 'master timed out'
  | 'master stopped'
  | 'preempting a lower priority'
  | 'higher priority advertisement received'
  | 'equal priority from a higher address'
  | 'resumed after a pause'
  | 'cannot advertise'
  | 'failover group'
  | 'drained'
  | 'user requested'
  | 'taken over from the former process'
  | 'shutting down';

/** By what a takeover would be. */
const TAKEOVER_REASONS: Readonly<Record<TakeoverOccasion, VrrpReason>> = {
  silence: 'master timed out',
  'bow-out': 'master stopped',
  contest: 'preempting a lower priority',
};

/** Why a BACKUP takes over when its timer runs out. @param tie the master has its own priority: it follows its group then */
export function takeoverReason(occasion: TakeoverOccasion, tie: boolean): VrrpReason {
  return tie && occasion === 'contest' ? 'failover group' : TAKEOVER_REASONS[occasion];
}

/** Reasons for which a MASTER steps down because a better one is heard. */
const BEATEN: ReadonlySet<VrrpReason> = new Set([
  'higher priority advertisement received',
  'equal priority from a higher address',
]);

/** Reasons for which a MASTER steps down because another one stays, or has most likely replaced it. */
const YIELDED: ReadonlySet<VrrpReason> = new Set([...BEATEN, 'resumed after a pause', 'cannot advertise']);

/** Whether a MASTER that steps down for this reason leaves the addresses to another one. */
export function hasYielded(reason: VrrpReason): boolean {
  return YIELDED.has(reason);
}

/** Why a MASTER yields to a better one. @param tie that one has its own priority */
export function beatenReason(tie: boolean): VrrpReason {
  return tie ? 'equal priority from a higher address' : 'higher priority advertisement received';
}

/** Reasons for which a MASTER may step down without a word to another one. */
const SILENT: ReadonlySet<VrrpReason> = new Set(['failover group', 'resumed after a pause']);

/** Whether a MASTER that steps down for this reason may have said nothing to those that are MASTER beside it. */
export function maybeSilent(reason: VrrpReason): boolean {
  return SILENT.has(reason);
}

/** Whether a MASTER that steps down for this reason yields to a better one. */
export function wasBeaten(reason: VrrpReason): boolean {
  return BEATEN.has(reason);
}

/**
 * Whether the winner may have stepped down as well: of two failover groups of one priority each may win a tie that moves the
 * other, where their addresses are in another order. @param moves other members step down with it
 */
export function mayBeMutual(reason: VrrpReason, moves: boolean): boolean {
  return reason === 'failover group' || (moves && reason === 'equal priority from a higher address');
}

/** A transition of one virtual router, as `vrrp_state_event` reports it. */
export interface VrrpStateChange {
  readonly from: VrrpState;
  readonly to: VrrpState;
  readonly reason: VrrpReason;
}
