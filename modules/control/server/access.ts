import type { Listener, Peer } from '../protocol.js';

/** A peer with all its groups. */
export interface PeerGroups extends Peer {
  readonly groups: readonly number[];
}

/** Why this peer may not change anything over this socket; undefined: it may. */
export function writeRefusal(peer: PeerGroups, { writes, group }: Listener): string | undefined {
  if (!writes) return 'this socket only reads: use the control socket';
  if (peer.uid === 0 || peer.uid === process.geteuid?.()) return undefined;
  if (group !== undefined && (peer.gid === group || peer.groups.includes(group))) return undefined;
  return `user ${peer.uid} may look, and not change: that needs root or the socket's group`;
}
