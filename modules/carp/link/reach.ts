/** How the peers of a vhid are reached. */
import type { InetFamily } from '../../ifnet/index.js';
import type { CarpSettings } from '../settings.js';

/** What a socket is for: everybody in a group (or all, by broadcast), or peers one by one. */
export type CarpSocketKind = 'group' | 'unicast';

/** The kind for each family; undefined where no address of it is shared. */
export interface CarpReach {
  readonly 4: CarpSocketKind | undefined;
  readonly 6: CarpSocketKind | undefined;
  /** The families of the shared addresses, IPv4 first. */
  readonly families: readonly InetFamily[];
}

/** A family with unicast peers has no group. */
export function reachOf({ addresses, peers }: CarpSettings): CarpReach {
  const kind = (family: InetFamily): CarpSocketKind | undefined => {
    if (!addresses.some(({ address }) => address.family === family)) return undefined;
    return peers.some((peer) => peer.family === family) ? 'unicast' : 'group';
  };
  const reach = { 4: kind(4), 6: kind(6) };
  return { ...reach, families: ([4, 6] as const).filter((family) => reach[family] !== undefined) };
}
