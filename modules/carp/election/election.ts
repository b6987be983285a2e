/**
 * What an authentic advertisement means, in the dialect of the peers. Sources: FreeBSD ip_carp.c `carp_input_c`, OpenBSD
 * ip_carp.c `carp_proto_input_c`, ucarp carp.c `packethandler`.
 *
 *     BACKUP  theirs slower than our timeout take over              which a bow-out (255/255) always is;
 *                                                                   else not if we count as worse, see `isWorse`
 *             theirs slower, preempt on      take over              OpenBSD: unless theirs is demoted less than ours
 *             theirs demoted more            take over              OpenBSD, auto
 *             equal, our group serves        take over              if we would win the tie: else the group stays divided
 *             else                           wait anew
 *     MASTER  theirs a bow-out               stay, remind the neighbours
 *             theirs demoted less            yield                  OpenBSD, auto
 *             theirs demoted more            stay                   OpenBSD, auto
 *             theirs faster                  yield
 *             theirs slower                  stay, remind the neighbours
 *             equal                          ucarp: the lower address stays; BSD: we yield;
 *                                            auto, ucarp with addresses of both families: tie-break.ts
 *
 * @module
 */
import type { InetAddress } from '../../ifnet/index.js';
import type { CarpDialect } from '../dialect.js';
import type { CarpTakeoverReason, CarpYieldReason } from '../state.js';
import { CARP_BOW_OUT } from '../wire/header.js';
import { intervalUnits } from './interval.js';

/** One side of an election, as its advertisements describe it. */
export interface CarpContender {
  /** Interval in 1/256 s, as sent. */
  readonly units: number;
  /** OpenBSD's demotion count, 0 to 255. */
  readonly demote: number;
  /** The source of its advertisements; undefined if the interface has no address. */
  readonly source: InetAddress | undefined;
}

/** An advertisement was heard: both sides, and our settings. */
export interface CarpContest {
  readonly state: 'BACKUP' | 'MASTER';
  readonly own: CarpContender;
  /** Our own timeout in 1/256 s. */
  readonly deadUnits: number;
  readonly peer: CarpContender;
  /** Whether we may take over from a slower master now. */
  readonly preempt: boolean;
  /** Whether our failover group is MASTER elsewhere: we follow it from an equal master too, if that would lose the tie. */
  readonly groupServes?: boolean;
  /** Whether the vhid has addresses of both families. No ucarp knows such a vhid. */
  readonly dualStack?: boolean;
  readonly dialect: CarpDialect;
}

/** What counts between two MASTERs. */
type Encounter = Pick<CarpContest, 'own' | 'peer' | 'dialect' | 'dualStack'>;

/** Yield to a better MASTER. `crossing`: it would yield too if it heard ours. */
export interface CarpYield {
  readonly action: 'backup';
  readonly reason: CarpYieldReason;
  readonly crossing: boolean;
}

/**
 * `wait`: arm the master-down timer anew. `master`: take over. `backup`: yield, after one more advertisement so that the
 * peer learns of another MASTER; none if `crossing`. `stay`: remain MASTER and remind the neighbours. `tie`: ask the
 * tie-break; `won`: our address wins.
 */
export type CarpVerdict =
  | { readonly action: 'wait' }
  | { readonly action: 'master'; readonly reason: CarpTakeoverReason }
  | CarpYield
  | { readonly action: 'stay' }
  | { readonly action: 'tie'; readonly won: boolean };

/** The interval that a bow-out claims, in 1/256 s; no master has such settings. */
export const BOW_OUT_UNITS = intervalUnits(CARP_BOW_OUT, CARP_BOW_OUT);

/** The verdict on nearly every advertisement: one object, to allocate none. */
const WAIT: CarpVerdict = { action: 'wait' };

/** Decides what an advertisement means: a pure function. */
export function contest(c: CarpContest): CarpVerdict {
  return c.state === 'BACKUP' ? asBackup(c) : asMaster(c);
}

function asBackup({ own, peer, preempt, groupServes, deadUnits, dialect }: CarpContest): CarpVerdict {
  if (peer.units > deadUnits && !isWorse(own, peer, dialect))
    return { action: 'master', reason: 'master will time out' };
  const counts = obeysDemote(dialect);
  if (preempt && own.units < peer.units && (!counts || peer.demote >= own.demote)) {
    return { action: 'master', reason: 'preempting a slower master' };
  }
  if (counts && peer.demote > own.demote) return { action: 'master', reason: 'preempting a demoted master' };
  if (preempt && groupServes && isEqual(own, peer, counts) && winsAsEqual(own, peer, dialect))
    return { action: 'master', reason: 'failover group' };
  return WAIT;
}

function asMaster({ own, peer, dialect, dualStack }: Encounter): CarpVerdict {
  if (peer.units >= BOW_OUT_UNITS) return { action: 'stay' };
  const demotion = obeysDemote(dialect) ? peer.demote - own.demote : 0;
  if (demotion > 0) return { action: 'stay' };
  if (own.units > peer.units) return yieldToFaster(false);
  if (demotion < 0)
    return { action: 'backup', reason: 'less demoted advertisement received', crossing: true };
  if (own.units < peer.units) return { action: 'stay' };
  if (isBsd(dialect)) return yieldToFaster(true);
  const won = winsAsEqual(own, peer, dialect);
  // Each host may have the lower address in one family: then both would yield.
  if (dialect === 'auto' || dualStack === true) return { action: 'tie', won };
  return won ? { action: 'stay' } : yieldToFaster(false);
}

/** FreeBSD's word, also of a peer that is as fast. */
function yieldToFaster(crossing: boolean): CarpVerdict {
  return { action: 'backup', reason: 'more frequent advertisement received', crossing };
}

function isEqual(own: CarpContender, peer: CarpContender, counts: boolean): boolean {
  return own.units === peer.units && (!counts || own.demote === peer.demote);
}

/** Whether the peer yields if both are MASTER with equal timers. A BSD never counts on it. */
function winsAsEqual(own: CarpContender, peer: CarpContender, dialect: CarpDialect): boolean {
  return !isBsd(dialect) && winsTie(own.source, peer.source, dialect === 'ucarp-be' ? 'big' : 'little');
}

function isBsd(dialect: CarpDialect): boolean {
  return dialect === 'bsd' || dialect === 'openbsd';
}

/**
 * Whether as MASTER we would yield to it for its better standing. A demoted host may have a timeout that is shorter than
 * the master's interval (with advbase 0, or another advbase): it would take over and yield for ever, so it waits as long
 * as the master's interval demands. Not for a master that bows out.
 */
export function isWorse(own: CarpContender, peer: CarpContender, dialect: CarpDialect): boolean {
  if (peer.units >= BOW_OUT_UNITS) return false;
  if (obeysDemote(dialect) && peer.demote !== own.demote) return peer.demote < own.demote;
  return own.units > peer.units;
}

/** Whether as MASTER we would step down before the peer: we yield to it, or lose the tie. */
export function isBeaten(own: CarpContender, peer: CarpContender, dialect: CarpDialect): boolean {
  const verdict = asMaster({ own, peer, dialect });
  return verdict.action === 'backup' || (verdict.action === 'tie' && !verdict.won);
}

function obeysDemote(dialect: CarpDialect): boolean {
  return dialect === 'auto' || dialect === 'openbsd';
}

/**
 * Whether our address beats the peer's. ucarp compares `in_addr.s_addr` as an integer of the machine, so on little-endian
 * machines the last octet is the most significant: 10.88.1.2 beats 10.88.0.9. IPv6 addresses, which only carpet compares,
 * are compared as big-endian numbers.
 */
export function winsTie(
  own: InetAddress | undefined,
  peer: InetAddress | undefined,
  order: 'little' | 'big',
): boolean {
  if (own === undefined || peer === undefined) return false;
  // Both are of the family in which the peer was heard.
  if (own.family === 6 || order === 'big') return own.compare(peer) < 0;
  for (let i = 3; i >= 0; i--) {
    const difference = own.bytes[i]! - peer.bytes[i]!;
    if (difference !== 0) return difference < 0;
  }
  return false;
}
