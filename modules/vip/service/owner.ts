import type { InetAddress } from '../../ifnet/index.js';
import type { RouteSetting, RuleSetting } from '../route/settings.js';
import type { Vip } from '../vip.js';
import type { LeaseSettings } from './lifetime.js';

/** The settings that the service of the shared addresses depends on. */
export interface VipServiceSettings extends LeaseSettings {
  /** Routes that come and go with the addresses. */
  readonly routes: readonly RouteSetting[];
  /** Rules that do. */
  readonly rules: readonly RuleSetting[];
  /** How often each announcement is sent; undefined: as net.link.notify_peers.count says. */
  readonly garpCount?: number | undefined;
  /** Milliseconds between these; undefined: as net.link.notify_peers.interval says. */
  readonly garpInterval?: number | undefined;
  /** Interval in ms at which a MASTER announces its addresses again; 0: never. */
  readonly garpRefresh: number;
  /** Neighbours that ignore gratuitous ARP, and are asked instead. */
  readonly nudge: readonly InetAddress[];
  /** Addresses of the host that its packets come from: no leftovers, even if they are shared ones. */
  readonly source?: InetAddress | undefined;
  readonly source6?: InetAddress | undefined;
}

/** The virtual host whose addresses are served. */
export interface VipServiceOwner
  extends Pick<
    Vip,
    | 'name'
    | 'protocol'
    | 'vhid'
    | 'ifname'
    | 'ifp'
    | 'state'
    | 'addresses'
    | 'families'
    | 'interval'
    | 'servedLladdr'
  > {
  readonly settings: VipServiceSettings;
  /** Whether packets addressed to the addresses are accepted. */
  readonly accepts: boolean;
  /** How long after an advertisement every peer waits for the next one at least, in ms. */
  readonly patience: number;
  /** What the name of a virtual interface begins with, before the vhid: `carp`. Its first letter must be its own. */
  readonly virtualPrefix: string;
}
