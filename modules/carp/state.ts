import type { VipState } from '../vip/index.js';

/** FreeBSD's states. Only a MASTER has the shared addresses; INIT neither sends nor listens. */
export type CarpState = VipState;

/**
 * How a host can advertise. `own`: from an address of its own. `shared`: only from a shared one; a MASTER that has that
 * address too does not hear it, because over IPv4 Linux drops what seems to come from an address of its own. `none`: not at
 * all.
 */
export type CarpVoice = 'own' | 'shared' | 'none';

/** Why a BACKUP that hears a master takes over. */
export type CarpTakeoverReason =
  | 'preempting a slower master'
  | 'preempting a demoted master'
  | 'failover group'
  | 'master will time out';

/** Why a MASTER yields to a better one that it hears. */
export type CarpYieldReason = 'more frequent advertisement received' | 'less demoted advertisement received';

/** Why a vhid changed its state: FreeBSD's words where FreeBSD has the case. */
export type CarpReason =
  | CarpTakeoverReason
  | CarpYieldReason
  | 'initialization complete'
  | 'hardware interface up'
  | 'hardware interface down'
  | 'hardware interface back in time'
  | 'cannot advertise'
  | 'master timed out'
  | 'user requested via ifconfig'
  | 'resumed after a pause'
  | 'drained'
  | 'taken over from the former process'
  | 'shutting down';

/** Reasons for which a MASTER steps down because a better one is heard. */
const BEATEN: ReadonlySet<CarpReason> = new Set<CarpYieldReason>([
  'more frequent advertisement received',
  'less demoted advertisement received',
]);

/** Reasons for which a MASTER steps down because another one stays, or has most likely replaced it. */
const YIELDED: ReadonlySet<CarpReason> = new Set([
  ...BEATEN,
  'cannot advertise',
  'resumed after a pause',
  'drained',
]);

/** Whether a MASTER that steps down for this reason leaves the addresses to another one. */
export function hasYielded(reason: CarpReason): boolean {
  return YIELDED.has(reason);
}

/** Reasons for which a MASTER may step down without a word to another one. */
const SILENT: ReadonlySet<CarpReason> = new Set(['failover group', 'resumed after a pause']);

/** Whether a MASTER that steps down for this reason may have said nothing to those that are MASTER beside it. */
export function maybeSilent(reason: CarpReason): boolean {
  return SILENT.has(reason);
}

/** Whether a MASTER that steps down for this reason yields to a better one. */
export function wasBeaten(reason: CarpReason): boolean {
  return BEATEN.has(reason);
}

/** A transition of one vhid, as `carp_state_event` reports it. */
export interface CarpStateChange {
  readonly from: CarpState;
  readonly to: CarpState;
  readonly reason: CarpReason;
}
