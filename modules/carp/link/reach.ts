import type { InetFamily } from '../../ifnet/index.js';
import type { CarpSettings } from '../settings.js';

/** What a socket is for: all peers at once by multicast or broadcast, or each peer by unicast. */
export type CarpSocketKind = 'group' | 'unicast';

/** How the peers of a vhid are reached. */
export interface CarpReach {
  /** The kind for each family; undefined if no address of it is shared. */
  readonly 4: CarpSocketKind | undefined;
  readonly 6: CarpSocketKind | undefined;
  /** The families of the shared addresses, IPv4 first. */
  readonly families: readonly InetFamily[];
}

/** A family with unicast peers does not use its group. */
export function reachOf({ addresses, peers }: CarpSettings): CarpReach {
  const kind = (family: InetFamily): CarpSocketKind | undefined => {
    if (!addresses.some(({ address }) => address.family === family)) return undefined;
    return peers.some((peer) => peer.family === family) ? 'unicast' : 'group';
  };
  const reach = { 4: kind(4), 6: kind(6) };
  return { ...reach, families: ([4, 6] as const).filter((family) => reach[family] !== undefined) };
}
