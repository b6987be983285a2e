import type { Ifnet, InetAddress, InetFamily } from '../../ifnet/index.js';
import { putsInPlace } from '../../vip/index.js';
import type { CarpSettings } from '../settings.js';
import type { CarpVoice } from '../state.js';
import { servedLladdr } from '../wire/virtual-lladdr.js';
import type { CarpSocketKind } from './reach.js';

/** Where the advertisements of one family come from. */
export interface CarpSource {
  readonly voice: CarpVoice;
  readonly address: InetAddress | undefined;
}

/** The interface that the source is chosen from. */
export interface CarpSourceLink {
  readonly ifp: Ifnet;
  /** The interface's usable addresses that no vhid shares, in their order. */
  readonly own: readonly InetAddress[];
}

/**
 * An address of the interface that is not shared; to an IPv6 group the link-local one. A shared one only if there is no
 * other (FreeBSD's ifa_preferred): one that this vhid puts on the interface as MASTER, or that is there. Another vhid's may
 * go to another host, which would hear nothing that comes from it.
 */
export function sourceOf(
  { ifp, own }: CarpSourceLink,
  settings: CarpSettings,
  family: InetFamily,
  kind: CarpSocketKind,
): CarpSource {
  const given = family === 4 ? settings.source : settings.source6;
  if (given !== undefined) return { voice: 'own', address: given };
  const usable = own.filter((address) => address.family === family);
  const linkLocal = (address: InetAddress) => address.isLinkLocal === (kind === 'group');
  const address = (family === 6 ? usable.find(linkLocal) : undefined) ?? usable[0];
  if (address !== undefined) return { voice: 'own', address };
  const shared = futureSource(ifp, settings, family) ?? ifp.source(family);
  return { voice: shared === undefined ? 'none' : 'shared', address: shared };
}

/** The address from which a MASTER of the vhid would advertise. */
function futureSource(ifp: Ifnet, settings: CarpSettings, family: InetFamily): InetAddress | undefined {
  const { addresses } = settings;
  if (!putsInPlace(settings) || servedLladdr(settings) !== undefined) return undefined;
  if (family === 6 && ifp.sysctl(6, 'disable_ipv6') !== 0) return undefined;
  return addresses.find((prefix) => prefix.address.family === family)?.address;
}
