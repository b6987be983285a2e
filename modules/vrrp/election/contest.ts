/**
 * What a valid advertisement means: RFC 9568 section 6.4.2 and 6.4.3, RFC 3768 likewise.
 *
 *     BACKUP  priority 0                     hurry    wait for the skew only
 *             at least ours, or no preempt   follow   adopt the interval, wait anew
 *             below ours                     discard  the timer runs out: we take over
 *             ours, our group serves         discard  not in the RFC: if we would win the tie, else the group stays divided
 *     MASTER  priority 0                     assert   advertise at once
 *             above ours                     yield
 *             ours, from a higher address    yield
 *             else                           assert   version 2 discards it (RFC 3768 section 6.4.3)
 *
 * @module
 */
import type { InetAddress } from '../../ifnet/index.js';
import { VRRP_PRIORITY_LEAST, VRRP_PRIORITY_STOP } from '../wire/header.js';

/** One side of an election. */
export interface VrrpSide {
  /** 0 to 255; 0 for one that stops. */
  readonly priority: number;
  /** Of its advertisements; undefined: it has none, and loses a tie. */
  readonly source: InetAddress | undefined;
}

/** Our side. */
export interface VrrpContender extends VrrpSide {
  /** Whether another member of our failover group is MASTER here. */
  readonly groupServes: boolean;
}

export type VrrpVerdict = 'hurry' | 'follow' | 'discard' | 'assert' | 'yield';

/** Decides what an advertisement means: a pure function. @param preempt whether we may replace a worse master now */
export function contest(
  state: 'BACKUP' | 'MASTER',
  own: VrrpContender,
  peer: VrrpSide,
  preempt: boolean,
): VrrpVerdict {
  if (state === 'BACKUP') {
    if (peer.priority === VRRP_PRIORITY_STOP) return 'hurry';
    return preempt && isWorse(peer, own) ? 'discard' : 'follow';
  }
  return beats(peer, own) ? 'yield' : 'assert';
}

/**
 * Whether a BACKUP may replace that master: one of a lower priority, and if its group serves here one of its own priority that
 * would lose the tie. Of two hosts only one wins it, so that they do not change places for ever.
 */
export function isWorse(master: VrrpSide, own: VrrpContender): boolean {
  return own.groupServes ? beats(own, master) : master.priority < own.priority;
}

/** Whether a beats b: by priority, then by the greater address, as unsigned numbers in network order. */
export function beats(a: VrrpSide, b: VrrpSide): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  if (a.source === undefined) return false;
  return b.source === undefined || a.source.compare(b.source) > 0;
}

/**
 * The priority of a word at which that MASTER announces itself, and to which it does not yield. One of the least priority would
 * yield to the same from a higher address; never to the 0 of one that stops, at which a BACKUP would take over.
 */
export function humbler(master: VrrpSide, source: InetAddress | undefined): number {
  return beats(master, { priority: VRRP_PRIORITY_LEAST, source }) ? VRRP_PRIORITY_LEAST : VRRP_PRIORITY_STOP;
}
