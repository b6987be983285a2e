import type { Log } from '../../core/log/index.js';
import type { Clock } from '../../core/time/index.js';
import type { IfnetModule } from '../ifnet/index.js';
import type { NotifyPeers } from '../notify-peers/index.js';
import type { DemotionLedger } from './demotion/ledger.js';
import type { FailoverGroups } from './group/failover-group.js';
import type { VirtualTable } from './place/virtual-table.js';
import type { AddressProviders } from './provider/registry.js';
import type { RouteHolders } from './route/holders.js';
import type { Leases } from './service/leases.js';
import type { Tenancy } from './service/tenancy.js';

/** What the shared addresses of one protocol's virtual hosts need; a part names the members that it uses. */
export interface VipContext {
  /** The module of the protocol, `carp`: it begins the names of timers and errors, and owns faults in the ledger. */
  readonly protocol: string;
  /** Of the protocol's module, with which all its timers end. */
  readonly clock: Clock;
  readonly log: Log;
  /** The table of interfaces. */
  readonly interfaces: IfnetModule;
  /** Announces the addresses of a MASTER to the neighbours. */
  readonly peers: NotifyPeers;
  /** What demotes this host. */
  readonly demotion: DemotionLedger;
  /** Virtual hosts that fail over together, of all protocols. */
  readonly failoverGroups: FailoverGroups;
  /** The virtual interfaces of this kernel. */
  readonly virtual: VirtualTable;
  /** What puts addresses elsewhere than on an interface. */
  readonly providers: AddressProviders;
  /** The routes and rules that virtual hosts have added. */
  readonly routeHolders: RouteHolders;
  /** Renews the addresses of MASTERs. */
  readonly leases: Leases;
  /** What shares addresses on each interface, in this process and others. */
  readonly tenancy: Tenancy;
  /** `expired`: addresses that the host removed, because they were not renewed in time. */
  readonly statistics: { readonly expired: { add(): void } };
  /** `ifdownDemotionFactor`: what a virtual host that cannot serve is demoted by, in 1/256 s. */
  readonly tunables: { readonly ifdownDemotionFactor: { readonly value: number } };
  /**
   * The log for lines that strangers can provoke; undefined: it is off.
   *
   * @param cause a fixed text with at most the name of a virtual host in it, so that strangers cannot invent causes
   */
  refusalLog(cause: string): Log | undefined;
}
