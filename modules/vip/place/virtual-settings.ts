/**
 * The host's settings that a virtual interface needs, because Linux answers ARP requests for any of its addresses on
 * every interface (net.ipv4.conf in the kernel's ip-sysctl; keepalived's use_vmac sets the same):
 *
 * - on the parent: answer only for its own addresses (arp_ignore 1), and name only its own when asking (arp_announce 2);
 *   else the neighbours learn the shared addresses at its real link-layer address, which is stale after a failover;
 * - on the virtual interface: the same; no shared address goes with another (promote_secondaries 1); no checks of the
 *   return route (arp_filter 0, and rp_filter 2 if it is 1), because that leads through the parent; forwarding as on the
 *   parent; no address or route from router advertisements, and no IPv6 at all unless an IPv6 address is shared.
 *
 * For all of these but forwarding, Linux applies the larger of the interface's value and that of `all`: an arp_filter
 * of `all` can only be reported. We set and restore only the interface's own values.
 *
 * @module
 */
import { type Ifnet, IfnetError, type IfnetSetting, type InetFamily } from '../../ifnet/index.js';
import type { ParentSettings } from './virtual-table.js';

type Warn = (text: string) => void;

/** The parent's own values now. */
export function parentSettings(parent: Ifnet): ParentSettings {
  return {
    arpIgnore: parent.ownSysctl(4, 'arp_ignore') ?? 0,
    arpAnnounce: parent.ownSysctl(4, 'arp_announce') ?? 0,
  };
}

/** Called for each new virtual interface. Stricter values are kept, also those that an administrator set meanwhile. */
export function settleParent(parent: Ifnet, before: ParentSettings, warn: Warn): IfnetSetting[] {
  const arpIgnore = Math.max(1, parent.ownSysctl(4, 'arp_ignore') ?? 0);
  return [
    ...set(parent, 4, 'arp_ignore', arpIgnore, warn, before.arpIgnore),
    ...set(parent, 4, 'arp_announce', 2, warn, before.arpAnnounce),
  ];
}

/** Called once, for a new virtual interface; its settings vanish with it. */
export function settleVirtual(ifp: Ifnet, ipv6: boolean, warn: Warn): void {
  const keep = (family: InetFamily, name: string, value: number): void => {
    for (const setting of set(ifp, family, name, value, warn)) setting.keep();
  };
  keep(4, 'arp_ignore', Math.max(1, ifp.ownSysctl(4, 'arp_ignore') ?? 0));
  keep(4, 'arp_announce', 2);
  keep(4, 'arp_filter', 0);
  if (ifp.sysctl(4, 'rp_filter') === 1) keep(4, 'rp_filter', 2);
  keep(4, 'promote_secondaries', 1);
  keep(6, 'disable_ipv6', ipv6 ? 0 : 1);
  keep(6, 'accept_ra', 0);
  keep(6, 'autoconf', 0);
  if (ifp.sysctl(4, 'arp_filter') === 1)
    warn(
      'net.ipv4.conf.all.arp_filter is 1: neighbours get no ARP reply for the shared addresses; set it to 0',
    );
}

/** Called whenever it begins to serve, because forwarding on the parent may have changed meanwhile. */
export function followForwarding(ifp: Ifnet, parent: Ifnet, warn: Warn): void {
  for (const family of [4, 6] as const) {
    const wanted = parent.ownSysctl(family, 'forwarding');
    if (wanted === undefined || wanted === ifp.ownSysctl(family, 'forwarding')) continue;
    for (const setting of set(ifp, family, 'forwarding', wanted, warn)) setting.keep();
  }
}

/** No-op if the host lacks the setting; warns if it has another value and cannot be set. */
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
