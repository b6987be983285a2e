import { asOf, isLiveAt, PAUSED, silenceText } from '../../vip/index.js';
import type { VrrpStateChange } from '../state.js';
import type { VrrpPeerStatus } from '../status.js';
import type { VrrpWhyRouter } from './view.js';

/** What is asked of the virtual router that has changed its state. */
type EvidenceOf = Pick<VrrpWhyRouter, 'evidence' | 'interval' | 'priority'>;

/**
 * Whether a change, which happened `ago` ms before, was the network's doing or this process's, in words; undefined where
 * that is no question.
 */
export function evidenceText(router: EvidenceOf, change: VrrpStateChange, ago: number): string | undefined {
  const { interval, evidence } = router;
  const { peers, timerLate } = evidence;
  const [peer] = asOf(peers, ago);
  const peerInterval = peer?.interval ?? interval;
  switch (change.reason) {
    case 'master timed out':
    case 'master stopped':
      return silenceText({ peer, peerInterval, interval, timerLate, leaving: 'said priority 0' });
    case 'resumed after a pause':
      return PAUSED;
    case 'drained':
    case 'higher priority advertisement received':
    case 'equal priority from a higher address':
    case 'preempting a lower priority':
      return heardFrom(peer, change, router);
    default:
      return undefined;
  }
}

function heardFrom(
  peer: VrrpPeerStatus | undefined,
  { reason }: VrrpStateChange,
  { priority: own }: EvidenceOf,
): string | undefined {
  if (peer === undefined || !isLiveAt(peer, peer.interval)) return undefined;
  const { address, priority } = peer;
  if (reason === 'drained') return `${address} took over with priority ${priority}`;
  if (reason === 'equal priority from a higher address')
    return `${address} advertised this host's priority, ${priority}, from a higher address`;
  return `${address} advertised priority ${priority}, this host's is ${own}`;
}
