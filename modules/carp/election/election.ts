/**
 * What an authentic advertisement means: a pure function of our state, our timers and theirs, in the dialect of the
 * peers. Sources: FreeBSD ip_carp.c `carp_input_c`, OpenBSD ip_carp.c `carp_proto_input_c`, ucarp carp.c
 * `packethandler`.
 *
 *     BACKUP  theirs slower, preempt on      take over              OpenBSD: unless they are demoted less than we
 *             theirs demoted more            take over              OpenBSD, auto
 *             theirs slower than our timeout take over              a bow-out (255/255) is always that
 *             else                           wait anew
 *     MASTER  theirs demoted less            yield                  OpenBSD, auto
 *             theirs demoted more            stay                   OpenBSD, auto
 *             theirs faster                  yield
 *             theirs slower                  stay, remind the neighbours
 *             equal                          ucarp: the lower address stays; BSD: whoever hears it yields;
 *                                            auto: tie-break.ts
 */
import type { InetAddress } from '../../ifnet/index.js';
import type { CarpDialect } from '../dialect.js';
import type { CarpTakeoverReason } from '../state.js';

export interface CarpContender {
  /** Interval in 1/256 s, as sent. */
  readonly units: number;
  /** OpenBSD's demotion count, 0 to 255. */
  readonly demote: number;
  /** Where its advertisements come from; unknown if the interface has no address. */
  readonly source: InetAddress | undefined;
}

export interface CarpContest {
  readonly state: 'BACKUP' | 'MASTER';
  readonly own: CarpContender;
  /** Our own timeout in 1/256 s. */
  readonly deadUnits: number;
  readonly peer: CarpContender;
  readonly preempt: boolean;
  readonly dialect: CarpDialect;
}

/**
 * `wait`: arm the master-down timer anew. `master`: take over. `backup`: yield, after one more advertisement, by which
 * the peer learns that there was another MASTER; unless `crossing`: the peer would yield too if it heard ours. `stay`:
 * remain MASTER and remind the neighbours. `tie`: for the tie-break, `won` being the verdict of the addresses.
 */
export type CarpVerdict =
  | { readonly action: 'wait' }
  | { readonly action: 'master'; readonly reason: CarpTakeoverReason }
  | { readonly action: 'backup'; readonly crossing: boolean }
  | { readonly action: 'stay' }
  | { readonly action: 'tie'; readonly won: boolean };

/** The verdict on nearly every advertisement. */
const WAIT: CarpVerdict = { action: 'wait' };

export function contest(c: CarpContest): CarpVerdict {
  return c.state === 'BACKUP' ? asBackup(c) : asMaster(c);
}

function asBackup({ own, peer, preempt, deadUnits, dialect }: CarpContest): CarpVerdict {
  const counts = obeysDemote(dialect);
  if (preempt && own.units < peer.units && (!counts || peer.demote >= own.demote)) {
    return { action: 'master', reason: 'preempting a slower master' };
  }
  if (counts && peer.demote > own.demote) return { action: 'master', reason: 'preempting a demoted master' };
  if (peer.units > deadUnits) return { action: 'master', reason: 'master will time out' };
  return WAIT;
}

function asMaster({ own, peer, dialect }: CarpContest): CarpVerdict {
  if (obeysDemote(dialect) && peer.demote !== own.demote) {
    if (peer.demote > own.demote) return { action: 'stay' };
    return { action: 'backup', crossing: own.units <= peer.units };
  }
  if (own.units > peer.units) return { action: 'backup', crossing: false };
  if (own.units < peer.units) return { action: 'stay' };
  const ucarp = dialect === 'ucarp' || dialect === 'ucarp-be';
  if (dialect === 'auto') return { action: 'tie', won: winsTie(own.source, peer.source, 'little') };
  if (ucarp && winsTie(own.source, peer.source, dialect === 'ucarp' ? 'little' : 'big'))
    return { action: 'stay' };
  return { action: 'backup', crossing: !ucarp };
}

function obeysDemote(dialect: CarpDialect): boolean {
  return dialect === 'auto' || dialect === 'openbsd';
}

/**
 * ucarp compares `in_addr.s_addr` as an integer of the machine, so on little endian the last octet counts most:
 * 10.88.1.2 beats 10.88.0.9. IPv6 addresses, which only carpet compares, count as big-endian numbers.
 */
export function winsTie(
  own: InetAddress | undefined,
  peer: InetAddress | undefined,
  order: 'little' | 'big',
): boolean {
  if (own === undefined || peer === undefined) return false;
  if (own.family === 6 || peer.family === 6 || order === 'big') return own.compare(peer) < 0;
  for (let i = 3; i >= 0; i--) {
    const difference = own.bytes[i]! - peer.bytes[i]!;
    if (difference !== 0) return difference < 0;
  }
  return false;
}
