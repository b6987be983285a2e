import type { VipState } from '../state.js';
import type { SeenChange } from './change.js';
import { secondsText, timeText } from './text.js';

/** Changes that are told. */
const MAX_TOLD = 5;

/** What would happen if the master died now; of a BACKUP that hears none, what happens unless it does. */
export interface WhyNext {
  /**
   * `this host` takes over; `a peer` that was heard does, if it is still there; `unknown`: none was heard; `none left`: all
   * that were heard have said that they stop.
   */
  readonly successor: 'this host' | 'a peer' | 'unknown' | 'none left' | 'not this host';
  /** After how many ms of silence. */
  readonly after: number | undefined;
  /** The peer. */
  readonly peer: string | undefined;
}

/** Obstacles that both protocols know, each with what to do. */
export const COMMON_OBSTACLES = {
  'no interface': 'its interface does not exist: compare its name with carpet ifconfig',
  'interface down': 'its interface is down: ip link set it up',
  'no carrier': 'its interface has no carrier: look at the cable and the switch port',
  'start-up delay': 'its start-up delay is not over',
  'no master heard yet': 'it has begun to listen, and takes over if no MASTER is heard',
  'cannot serve': 'it cannot put the shared addresses in place: see the log for the cause',
  demoted: 'it is demoted',
  'preemption delay': 'it is preferred, and waits for its preemptDelay',
  'listening after a pause': 'it stood still for a while, and listens whether it was replaced',
  'about to take over': 'it is about to take over',
} as const;

/** What a virtual host is, since when and why. @param now ms since 1970 */
export function stateSentence(
  {
    name,
    state,
    since,
    reason,
  }: {
    readonly name: string;
    readonly state: VipState;
    readonly since: number;
    readonly reason: string | undefined;
  },
  now: number,
): string {
  const because = reason === undefined ? '' : `: ${reason}`;
  return `${name} is ${state} on this host since ${timeText(since, now)} (${secondsText(now - since)} ago)${because}.`;
}

/** Of a MASTER: whether others are heard. */
export function mastershipSentence(rivals: readonly string[]): string {
  const others =
    rivals.length === 0
      ? 'no other MASTER is heard'
      : `but ${rivals.join(' and ')} advertises too: two masters, or a hand-over in progress; carpet explain -i says why`;
  return `This host is the MASTER; ${others}.`;
}

/** How long an obstacle lasts, in words, where it ends by itself. */
export function timeDetail(
  obstacle: string,
  left: { readonly preemptionIn: number | undefined; readonly takeoverIn: number | undefined },
): string {
  const { preemptionIn, takeoverIn } = left;
  if (obstacle === 'preemption delay' && preemptionIn !== undefined)
    return `, of which ${secondsText(preemptionIn)} are left`;
  if (obstacle === 'about to take over' && takeoverIn !== undefined) return `, in ${secondsText(takeoverIn)}`;
  return '';
}

/** What would happen next. @param heard whether a MASTER is */
export function nextSentence(
  { successor, after, peer }: WhyNext,
  { state, heard }: { readonly state: VipState; readonly heard: boolean },
): string {
  if (successor === 'this host' && !heard)
    return `Unless a MASTER is heard, this host takes over in ${secondsText(after!)}.`;
  const dies = state === 'MASTER' ? 'If this host died now' : 'If the MASTER died now';
  switch (successor) {
    case 'this host':
      return `${dies}, this host would take over ${secondsText(after!)} later, unless a BACKUP with a shorter timeout is faster.`;
    case 'a peer':
      return `${dies}, ${peer} would take over within ${secondsText(after!)}, if it is still there: a BACKUP sends nothing.`;
    case 'unknown':
      return `${dies}, nobody might take over: no other host has been heard, though a BACKUP sends nothing.`;
    case 'none left':
      return `${dies}, nobody might take over: every host that was heard has said that it stops, though a BACKUP sends nothing.`;
    case 'not this host':
      return `${dies}, this host would not take over.`;
  }
}

/** The latest changes. @param now ms since 1970 */
export function changeSentences(changes: readonly SeenChange[], now: number): string[] {
  return changes.slice(0, MAX_TOLD).map(({ time, from, to, reason, evidence }) => {
    const why = evidence === undefined ? '' : `: ${evidence}`;
    return `At ${timeText(time, now)}: ${from} -> ${to}, ${reason}${why}.`;
  });
}
