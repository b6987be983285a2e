import type { CarpStateChange } from '../state.js';
import type { CarpEvidence, CarpPeerStatus } from '../status.js';
import { isLive, latestOf, secondsText } from './text.js';

/** A process that is later than this part of an interval has a share in what happened. */
const LATE_PART = 0.25;
/** A gap of so many intervals is a lost advertisement. */
const LOST_GAP = 1.5;

/** What is asked about a change of state. */
export interface EvidenceOf {
  readonly change: CarpStateChange;
  readonly evidence: CarpEvidence;
  /** Milliseconds between advertisements of this host. */
  readonly interval: number;
}

/** Whether a change was the network's doing or this process's, in words; undefined where that is no question. */
export function evidenceText({ change, evidence, interval }: EvidenceOf): string | undefined {
  switch (change.reason) {
    case 'master timed out':
      return silence(evidence, interval);
    case 'resumed after a pause':
      return 'this process or the machine stood still for longer than its peers wait: give it more CPU, or the VM less contention';
    case 'more frequent advertisement received':
    case 'less demoted advertisement received':
    case 'preempting a slower master':
    case 'preempting a demoted master':
    case 'master will time out':
      return heardFrom(change, latestOf(evidence.peers));
    default:
      return undefined;
  }
}

function silence({ peers, timerLate }: CarpEvidence, interval: number): string {
  const peer = latestOf(peers);
  const own =
    timerLate > interval * LATE_PART
      ? `this process was ${timerLate.toFixed(0)} ms late itself: it is short of CPU`
      : `this process was on time (${timerLate.toFixed(1)} ms late)`;
  if (peer === undefined) return `no master was heard since the start; ${own}`;
  const { address, heardAgo, bowedOut } = peer;
  if (bowedOut) return `${address} had bowed out ${secondsText(heardAgo)} before; ${own}`;
  return `nothing was heard of ${address} for ${secondsText(heardAgo)}${regularity(peer)}; ${own}, so ${blame(peer, timerLate > interval * LATE_PART)}`;
}

function regularity({ gaps }: CarpPeerStatus): string {
  if (gaps.length === 0) return '';
  const [least, most] = [Math.min(...gaps), Math.max(...gaps)];
  return `, after gaps of ${secondsText(least)} to ${secondsText(most)}`;
}

function blame({ gaps, advbase, advskew }: CarpPeerStatus, late: boolean): string {
  const usual = Math.max(1, ((advbase * 256 + advskew) * 1000) / 256);
  if (gaps.some((gap) => gap > LOST_GAP * usual)) return 'the network had lost advertisements before';
  return late ? 'both may have a share in it' : 'that host or the network fell silent at once';
}

function heardFrom({ to }: CarpStateChange, peer: CarpPeerStatus | undefined): string | undefined {
  if (peer === undefined || !(peer.bowedOut || isLive(peer))) return undefined;
  const { address, advbase, advskew, demote, bowedOut } = peer;
  if (bowedOut) return `${address} bowed out`;
  const said = `${address} advertised advbase ${advbase}, advskew ${advskew}, demotion ${demote}`;
  return to === 'BACKUP'
    ? `${said}, which is better than this host`
    : `${said}, which is worse than this host`;
}
