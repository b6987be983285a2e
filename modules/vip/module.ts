/**
 * What all protocols that share addresses have in common in one kernel: the ledger of demotion, failover groups,
 * maintenance, and the tables of what is on which interface. A protocol's module depends on this one and says which virtual hosts it has.
 *
 * Order of a succession: the ledger is taken over before the protocols' virtual hosts are, which claim their lines in it.
 *
 * @module
 */
import {
  Clock,
  EVENTHANDLER_PRI_FIRST,
  EventHandler,
  type EventHandlerList,
  EventHandlerRegistry,
  inject,
  type Json,
  Log,
  Module,
  type ModuleEnd,
  type ModuleLifecycle,
  Scope,
  STORE,
  type StateStore,
  Succession,
  type SuccessionPhase,
} from '../../core/index.js';
import { type IfAddress, type IfaddrOp, type Ifnet, IfnetModule, type InetAddress } from '../ifnet/index.js';
import { NotifyPeers } from '../notify-peers/index.js';
import type { VipContext } from './context.js';
import { DemotionLedger } from './demotion/ledger.js';
import { FailoverGroups } from './group/failover-group.js';
import { parseVipState, VIP_STATE_FORMAT, type VipModuleState } from './handover/module.js';
import { adoptTunables, captureTunables } from './handover/tunables.js';
import type { MaintainedProtocol } from './maintenance/maintained.js';
import { Maintenance } from './maintenance/maintenance.js';
import { registerMaintenanceVerbs } from './maintenance/verbs.js';
import { VirtualTable } from './place/virtual-table.js';
import { AddressProviders } from './provider/registry.js';
import { RouteHolders } from './route/holders.js';
import { Leases } from './service/leases.js';
import { Tenancy } from './service/tenancy.js';
import type { VipState, VipStateChange } from './state.js';
import { makeTunables, type VipTunables } from './tunables.js';
import type { Vip } from './vip.js';
import { type Explained, registerWhyVerb } from './why/verb.js';

/** Priority on the protocols' own lists at which {@link VipModule.changed} is called: the addresses are in place. */
export const VIP_PRI_STATE = 2000;

/** A protocol, as the module `vip` sees it. */
export interface VipProtocol {
  /** Its virtual hosts, in the order of their creation. */
  list(): readonly Vip[];
  /** Its part in maintenance; without it, drains concern it by the ledger alone. */
  readonly maintained?: MaintainedProtocol;
  /** What `carpet why` can ask; without it, nothing. */
  explained?(): readonly Explained[];
}

/** What the context of a protocol has from the module `vip`. */
export type VipShared = Pick<
  VipContext,
  | 'interfaces'
  | 'peers'
  | 'demotion'
  | 'failoverGroups'
  | 'leases'
  | 'providers'
  | 'routeHolders'
  | 'tenancy'
  | 'virtual'
>;

/** The module `vip`: what the protocols that share addresses have in common. */
@Module({ name: 'vip', depends: [IfnetModule, NotifyPeers] })
export class VipModule implements ModuleLifecycle {
  /** What demotes this host, its groups and virtual hosts, line by line. */
  readonly demotion: DemotionLedger;
  /** Where modules register what puts addresses elsewhere than on an interface. */
  readonly providers: AddressProviders;
  /** Leaves for maintenance, and comes back. */
  readonly maintenance: Maintenance;
  /** The sysctls `net.inet.vip.*`. */
  readonly tunables: VipTunables;
  /** For the contexts of protocols. */
  readonly shared: VipShared;
  readonly #protocols = new Set<VipProtocol>();
  readonly #states: EventHandlerList<[vip: Vip, change: VipStateChange]>;
  readonly #commands: EventHandlerList<[vip: Vip, state: VipState]>;
  /** Of a predecessor. */
  #inherited: VipModuleState | undefined;

  constructor(
    @inject(EventHandlerRegistry) eventhandler: EventHandlerRegistry,
    @inject(IfnetModule) interfaces: IfnetModule,
    @inject(NotifyPeers) peers: NotifyPeers,
    @inject(Clock) clock: Clock,
    @inject(Log) log: Log,
    @inject(Scope) private readonly scope: Scope,
    @inject(Succession) private readonly succession: Succession,
    @inject(STORE) store: StateStore,
  ) {
    this.#states = eventhandler.defineList('vip_state_event');
    this.#commands = eventhandler.defineList('vip_command_event');
    this.demotion = scope.own(new DemotionLedger({ clock, log }));
    this.providers = new AddressProviders(clock);
    this.tunables = makeTunables(scope.sysctl);
    this.maintenance = new Maintenance({
      scope,
      store,
      log,
      eventhandler,
      succession,
      demotion: this.demotion,
      patience: this.tunables.drainTimeout,
      protocols: () => [...this.#protocols].flatMap(({ maintained }) => maintained ?? []),
    });
    this.shared = {
      interfaces,
      peers,
      demotion: this.demotion,
      failoverGroups: new FailoverGroups(),
      leases: new Leases(clock),
      providers: this.providers,
      routeHolders: new RouteHolders(),
      tenancy: new Tenancy(),
      virtual: new VirtualTable(),
    };
    scope.own(peers.leaveOut((address) => this.#isForeign(address)));
  }

  start(): void {
    registerMaintenanceVerbs(this.scope, this.maintenance);
    registerWhyVerb(this.scope, () => [...this.#protocols].flatMap((each) => each.explained?.() ?? []));
    this.maintenance.restore();
    if (!this.succession.standby) this.demotion.begin();
  }

  /** Protocols have ended by now: waits until providers have removed their addresses. */
  async stop(end: ModuleEnd): Promise<void> {
    if (end !== 'replace') await this.providers.settled();
  }

  handover(): Json {
    return {
      format: VIP_STATE_FORMAT,
      ledger: this.demotion.capture(),
      tunables: captureTunables(this.tunables),
    };
  }

  /** @throws VipError EHANDOVER */
  takeover(state: Json): void {
    this.shared.tenancy.promotions.forget();
    const taken = parseVipState(state);
    this.demotion.adopt(taken.ledger);
    adoptTunables(this.tunables, taken.tunables, this.#inherited?.tunables);
    this.#inherited = taken;
  }

  /** A protocol is at work, until the result is disposed of. */
  register(protocol: VipProtocol): Disposable {
    this.#protocols.add(protocol);
    return { [Symbol.dispose]: () => void this.#protocols.delete(protocol) };
  }

  /** The virtual hosts of all protocols. */
  list(): Vip[] {
    return [...this.#protocols].flatMap((protocol) => protocol.list());
  }

  /** Invokes `vip_state_event`: called by the protocol of a virtual host whose state has changed. */
  changed(vip: Vip, change: VipStateChange): void {
    this.#states.invoke(vip, change);
  }

  /** Invokes `vip_command_event`: called by the protocol of a virtual host before it does what it is told. */
  commanded(vip: Vip, state: VipState): void {
    this.#commands.invoke(vip, state);
  }

  // ---- event handlers: they run before those of the protocols, whose modules are loaded later

  @EventHandler('ifnet_departure_event')
  @EventHandler('ifnet_release_event')
  onDeparture(ifp: Ifnet): void {
    this.shared.virtual.find(ifp)?.departed();
  }

  /** The neighbours know the former one. */
  @EventHandler('iflladdr_event')
  onLladdr(ifp: Ifnet): void {
    this.shared.tenancy.lladdrChanged(ifp);
  }

  @EventHandler('ifnet_event')
  onAdministrative(ifp: Ifnet): void {
    this.shared.virtual.find(ifp)?.administrative(ifp);
  }

  @EventHandler('ifaddr_event')
  onAddress(ifp: Ifnet, { prefix }: IfAddress, op: IfaddrOp): void {
    if (op === 'DEL') this.shared.virtual.find(ifp)?.addressRemoved(ifp, prefix);
  }

  @EventHandler('succession_event', EVENTHANDLER_PRI_FIRST)
  onSuccession(phase: SuccessionPhase): void {
    if (phase === 'begun') this.demotion.begin();
  }

  /** Whether it is shared, and this host is not the one that has it: a script may be about to remove it. */
  #isForeign(address: InetAddress): boolean {
    const sharing = this.list().filter(({ addresses }) =>
      addresses.some((prefix) => prefix.address.equals(address)),
    );
    return sharing.length > 0 && sharing.every(({ state }) => state !== 'MASTER');
  }
}
