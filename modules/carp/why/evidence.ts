import { asOf, PAUSED, silenceText } from '../../vip/index.js';
import { advertInterval } from '../election/interval.js';
import type { CarpStateChange } from '../state.js';
import type { CarpEvidence, CarpPeerStatus } from '../status.js';
import { isLive, latestOf } from './peers.js';

/** What is asked about a change of state. */
export interface EvidenceOf {
  readonly change: CarpStateChange;
  readonly evidence: CarpEvidence;
  /** Milliseconds between advertisements of this host. */
  readonly interval: number;
  /** How many ms before the evidence was taken the change has happened. */
  readonly ago: number;
}

/** Whether a change was the network's doing or this process's, in words; undefined where that is no question. */
export function evidenceText({ change, evidence, interval, ago }: EvidenceOf): string | undefined {
  const peer = latestOf(asOf(evidence.peers, ago));
  switch (change.reason) {
    case 'master timed out': {
      const peerInterval = peer === undefined ? interval : advertInterval(peer.advbase, peer.advskew);
      const { timerLate } = evidence;
      return silenceText({ peer, peerInterval, interval, timerLate, leaving: 'bowed out' });
    }
    case 'resumed after a pause':
      return PAUSED;
    case 'more frequent advertisement received':
    case 'less demoted advertisement received':
    case 'preempting a slower master':
    case 'preempting a demoted master':
    case 'master will time out':
      return heardFrom(change, peer);
    default:
      return undefined;
  }
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
