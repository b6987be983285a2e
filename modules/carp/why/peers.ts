import { isLiveAt } from '../../vip/index.js';
import { advertInterval } from '../election/interval.js';
import type { CarpPeerStatus } from '../status.js';

/** Whether a peer advertises now. */
export function isLive(peer: CarpPeerStatus): boolean {
  return isLiveAt(peer, advertInterval(peer.advbase, peer.advskew));
}

/** The host that was heard last. One with both families has two addresses, of which the IPv4 address names it. */
export function latestOf(peers: readonly CarpPeerStatus[]): CarpPeerStatus | undefined {
  const [latest] = peers;
  if (latest?.address.includes(':') !== true) return latest;
  return peers.find((peer) => !peer.address.includes(':') && saidTogether(peer, latest)) ?? latest;
}

function saidTogether(a: CarpPeerStatus, b: CarpPeerStatus): boolean {
  const { advbase, advskew, demote, bowedOut } = b;
  if (a.advbase !== advbase || a.advskew !== advskew || a.demote !== demote || a.bowedOut !== bowedOut)
    return false;
  return a.heardAgo - b.heardAgo < advertInterval(advbase, advskew) / 2;
}
