/**
 * The host's settings that a virtual interface needs, because Linux answers for an address on whatever interface it is
 * asked (net.ipv4.conf in the kernel's ip-sysctl; keepalived's use_vmac sets the like):
 *
 * - on the parent: answer only for its own addresses (arp_ignore 1), and name only its own when asking (arp_announce 2),
 *   else the neighbours learn the shared addresses at its real link-layer address, and that is gone after a failover;
 * - on the virtual interface: the same; not by the way back (arp_filter 0, and rp_filter 2 where it is 1), because
 *   that leads over the parent; forwarding as the parent; no address or route by router advertisements, and no IPv6 at
 *   all where no IPv6 address is shared.
 *
 * Of all these but forwarding the larger of the interface's and `all`'s value is in force, so that arp_filter can only
 * be asked for. What we set and put back is the interface's own.
 */
import { type Ifnet, IfnetError, type IfnetSetting, type InetFamily } from '../../ifnet/index.js';

type Warn = (text: string) => void;

/** What the parent had before any virtual interface came to it. */
export interface CarpParentSettings {
  readonly arpIgnore: number;
  readonly arpAnnounce: number;
}

export function parentSettings(parent: Ifnet): CarpParentSettings {
  return {
    arpIgnore: parent.ownSysctl(4, 'arp_ignore') ?? 0,
    arpAnnounce: parent.ownSysctl(4, 'arp_announce') ?? 0,
  };
}

/** For each virtual interface that comes. Stricter values than needed stay, also those of an administrator meanwhile. */
export function settleParent(parent: Ifnet, before: CarpParentSettings, warn: Warn): IfnetSetting[] {
  const arpIgnore = Math.max(1, parent.ownSysctl(4, 'arp_ignore') ?? 0);
  return [
    ...set(parent, 4, 'arp_ignore', arpIgnore, warn, before.arpIgnore),
    ...set(parent, 4, 'arp_announce', 2, warn, before.arpAnnounce),
  ];
}

/** Once, when the interface has come; what it has goes with it. */
export function settleVirtual(ifp: Ifnet, ipv6: boolean, warn: Warn): void {
  const keep = (family: InetFamily, name: string, value: number): void => {
    for (const setting of set(ifp, family, name, value, warn)) setting.keep();
  };
  keep(4, 'arp_ignore', Math.max(1, ifp.ownSysctl(4, 'arp_ignore') ?? 0));
  keep(4, 'arp_announce', 2);
  keep(4, 'arp_filter', 0);
  if (ifp.sysctl(4, 'rp_filter') === 1) keep(4, 'rp_filter', 2);
  keep(6, 'disable_ipv6', ipv6 ? 0 : 1);
  keep(6, 'accept_ra', 0);
  keep(6, 'autoconf', 0);
  if (ifp.sysctl(4, 'arp_filter') === 1)
    warn('net.ipv4.conf.all.arp_filter is 1: neighbours get no answer for the shared addresses; set it to 0');
}

/** Whenever it begins to serve, because the parent may have been made a router's interface meanwhile. */
export function followForwarding(ifp: Ifnet, parent: Ifnet, warn: Warn): void {
  for (const family of [4, 6] as const) {
    const wanted = parent.ownSysctl(family, 'forwarding');
    if (wanted === undefined || wanted === ifp.ownSysctl(family, 'forwarding')) continue;
    for (const setting of set(ifp, family, 'forwarding', wanted, warn)) setting.keep();
  }
}

/** Nothing where the host has no such setting; a warning where it cannot be set and is another. */
function set(
  ifp: Ifnet,
  family: InetFamily,
  name: string,
  value: number,
  warn: Warn,
  before?: number,
): IfnetSetting[] {
  const now = ifp.ownSysctl(family, name);
  if (now === undefined) return [];
  try {
    return [ifp.setSysctl(family, name, value, before)];
  } catch (error) {
    if (!(error instanceof IfnetError)) throw error;
    if (now !== value) warn(`${error.message}: set it by hand`);
    return [];
  }
}
