/**
 * VRRP, the Virtual Router Redundancy Protocol: RFC 9568 (version 3) and RFC 3768 (version 2), as keepalived and FRR speak
 * them.
 *
 * Who points to whom: VrrpModule holds one VrrpInterface per interface with its sockets, and one VrrpSoftc per virtual
 * router, which users see as VrrpRouter; a bound softc and its interface point to each other. What serves the addresses,
 * and the ledger of demotion, are the module vip's, which CARP has too.
 *
 * Order of a takeover, all within one callout: timer → socket drained → MASTER → advertisement sent → vrrp_state_event,
 * where this module's handlers come first: the addresses at priority 0, the neighbours at 1000, vip_state_event at 2000.
 *
 * A succession: while a predecessor is at work only sockets are open, and what they read waits; `take` makes every virtual
 * router stand where the predecessor's stood, and `begun` lets it act.
 *
 * Re-entry: handlers may call anything of VrrpRouter and VrrpModule. Not implemented: keepalived's AH (read and written by
 * wire/, but not by the sockets).
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
  RANDOM,
  type Random,
  Scope,
  SETTINGS,
  STORE,
  type StateStore,
  Succession,
  type SuccessionPhase,
} from '../../core/index.js';
import { type IfAddress, type IfaddrOp, type Ifnet, IfnetModule, type InetAddress } from '../ifnet/index.js';
import {
  adoptTunables,
  captureTunables,
  type Explained,
  heirs,
  type PresentReport,
  registerMaintenanceVerbs,
  reportInSlices,
  Starts,
  VIP_PRI_STATE,
  VipModule,
} from '../vip/index.js';
import { ConfiguredRouters } from './configure/configured-routers.js';
import { type VrrpModuleConfig, vrrpSchema } from './configure/module-settings.js';
import type { VrrpContext } from './context.js';
import { VrrpRehearsal } from './election/rehearsal.js';
import { VrrpError } from './errors.js';
import * as handover from './handover/module.js';
import { VRRP_STATE_FORMAT, type VrrpModuleState } from './handover/schema.js';
import { VrrpInterface } from './link/vrrp-if.js';
import type { VrrpRouter } from './router.js';
import type { VrrpRouterOptions } from './settings/router.js';
import { VrrpSoftc } from './softc.js';
import type { VrrpStateChange } from './state.js';
import { makeStatistics, type VrrpStatistics } from './statistics.js';
import { limitedLog, makeTunables, type VrrpTunables } from './tunables.js';
import { registerVrrpVerbs } from './verbs.js';
import { explained, keepChronicle, makeChronicle, type VrrpChronicle } from './why/answers.js';

/** Priority on vrrp_state_event at which the neighbours are notified. */
export const VRRP_PRI_NOTIFY = 1000;

/** The module `vrrp`: makes and removes virtual routers, and connects them to the kernel's events. */
@Module({
  name: 'vrrp',
  depends: [IfnetModule, VipModule],
  settings: vrrpSchema,
  secrets: ['routers.*.password', 'routers.*.hmac.key'],
  offers: ['list'],
  reload: 'after', // Two versions would both advertise while dependents start.
})
export class VrrpModule implements ModuleLifecycle {
  /** The counters `net.inet.vrrp.stats.*`. */
  readonly statistics: VrrpStatistics;
  /** The sysctls `net.inet.vrrp.*`. */
  readonly tunables: VrrpTunables;
  readonly #routers = new Set<VrrpSoftc>();
  readonly #interfaces = new Map<Ifnet, VrrpInterface<VrrpSoftc>>();
  readonly #starts: Starts<VrrpSoftc>;
  readonly #context: VrrpContext;
  readonly #configured = new ConfiguredRouters(this);
  readonly #chronicle: VrrpChronicle;
  /** Of a predecessor, until this module is at work. */
  #inherited: VrrpModuleState | undefined;
  #begun = false;
  readonly #states: EventHandlerList<[router: VrrpRouter, change: VrrpStateChange]>;
  readonly #heard: EventHandlerList<[router: VrrpRouter, peer: InetAddress, interval: number]>;
  readonly #advertised: EventHandlerList<[router: VrrpRouter, late: number]>;

  constructor(
    @inject(EventHandlerRegistry) eventhandler: EventHandlerRegistry,
    @inject(IfnetModule) private readonly ifnet: IfnetModule,
    @inject(VipModule) private readonly vip: VipModule,
    @inject(Clock) clock: Clock,
    @inject(RANDOM) random: Random,
    @inject(Log) private readonly log: Log,
    @inject(Scope) private readonly scope: Scope,
    @inject(SETTINGS) private readonly settings: VrrpModuleConfig,
    @inject(Succession) private readonly succession: Succession,
    @inject(STORE) store: StateStore,
  ) {
    this.#states = eventhandler.defineList('vrrp_state_event');
    this.#heard = eventhandler.defineList('vrrp_heard_event');
    this.#advertised = eventhandler.defineList('vrrp_advertise_event');
    this.statistics = makeStatistics(scope.sysctl);
    this.tunables = makeTunables(scope.sysctl);
    const { statistics, tunables } = this;
    this.#context = {
      ...vip.shared,
      protocol: 'vrrp',
      clock,
      random,
      log,
      succession,
      store,
      statistics,
      tunables,
      rehearsal: new VrrpRehearsal(clock),
      refusalLog: (cause) => limitedLog(log, tunables, cause),
    };
    const leave = (router: VrrpSoftc): void => router.link?.remove(router);
    const arrived = (ifp: Ifnet): void => this.onArrival(ifp);
    this.#starts = new Starts({ scope, log, interfaces: ifnet, arrived, leave });
    this.#chronicle = makeChronicle(this.#context);
  }

  start(): void {
    const { allow, dscp } = this.tunables;
    this.scope.own(allow.onChange(() => this.#routers.forEach((router) => router.evaluate())));
    this.scope.own(dscp.onChange(() => this.#routers.forEach((router) => router.pathsChanged())));
    this.scope.own(this.vip.demotion.onChange(() => this.#routers.forEach((router) => router.demoted())));
    const list = (): VrrpSoftc[] => [...this.#routers];
    const why = (): Explained[] => explained(list(), this.#chronicle, this.#context);
    this.scope.own(this.vip.register({ list, maintained: { vips: list }, explained: why }));
    keepChronicle(this.scope, this.#chronicle);
    registerVrrpVerbs(this.scope, this);
    registerMaintenanceVerbs(this.scope, this.vip.maintenance, 'vrrp.');
    this.scope.defer(() => this.stop(this.scope.end)); // Also when this start fails.
    this.#configured.apply(this.settings.routers);
    this.#warnOfAwaited();
    if (this.#inherited === undefined) return;
    const { routers } = this.#inherited;
    if (this.succession.standby) return void this.#heirs(routers);
    this.#context.tenancy.promotions.forget();
    this.#adopt(routers);
    for (const report of this.#begin()) report();
  }

  /** All virtual routers as they are, without secrets. */
  handover(): Json {
    for (const link of this.#interfaces.values()) link.drain();
    const state: VrrpModuleState = {
      format: VRRP_STATE_FORMAT,
      tunables: captureTunables(this.tunables),
      routers: [...this.#routers].map((router) => router.handover.capture()),
      chronicle: this.#chronicle.capture([...this.#routers]),
    };
    return state;
  }

  /** The virtual routers that are made from now on go on as a predecessor's did. @throws VrrpError EHANDOVER */
  takeover(state: Json): void {
    const taken = handover.parseVrrpState(state);
    this.#chronicle.adopt(taken.chronicle);
    adoptTunables(this.tunables, taken.tunables, this.#inherited?.tunables);
    if (this.#inherited !== undefined) this.#adopt(taken.routers);
    this.#inherited = taken;
  }

  /** Brings the virtual routers in line with new settings. Those that programs created are not touched. */
  reconfigure({ routers }: VrrpModuleConfig): void {
    this.#configured.apply(routers);
    this.#warnOfAwaited();
  }

  /** `7@eth0: priority 100 -> 150`, `8@eth0: new` … */
  changes({ routers }: VrrpModuleConfig): string[] {
    return this.#configured.changes(routers);
  }

  /** Every MASTER sends priority 0, every address is removed; unless a successor is at work, which all of it is left to. */
  stop(end: ModuleEnd): void {
    if (end === 'replace') return this.#give();
    const routers = [...this.#routers].toReversed();
    // Silence all of them first: removing hundreds of virtual interfaces takes seconds, longer than the peers wait.
    for (const router of routers) {
      router.setState('INIT', 'shutting down');
      router.service.follow();
    }
    for (const router of routers) this.remove(router);
    this.#closeInterfaces();
  }

  /**
   * Makes a virtual router, which starts at once if its interface exists, else when the interface arrives.
   *
   * @throws VrrpError ESETTINGS for an invalid setting, EEXIST if the interface has that virtual router already; VipError
   *   EBUSY if CARP or another process has its number there; IfnetError if a socket cannot be opened (EPERM without the
   *   privilege)
   */
  create(options: VrrpRouterOptions): VrrpRouter {
    const router: VrrpSoftc = new VrrpSoftc(this.#context, options, {
      commanded: (state) => this.vip.commanded(router, state),
      restored: (refit) => this.#starts.place(router, refit),
      stateChanged: (change) => this.#changed(router, change),
      heard: (peer, interval) => {
        this.#heard.invoke(router, peer, interval);
        return this.vip.maintenance.heard(router);
      },
      advertised: (late) => this.#advertised.invoke(router, late),
    });
    const { name, ifname } = router;
    if (this.list().some((each) => each.name === name)) {
      router.remove();
      throw new VrrpError('EEXIST', `vrrp ${name}: exists already`);
    }
    this.#routers.add(router);
    const ifp = this.ifnet.byName(ifname);
    try {
      const waits = this.#waits ? { inherited: handover.inherits(this.#inherited, router) } : undefined;
      if (ifp === undefined) router.evaluate();
      else router.bind(this.#interface(ifp), waits);
    } catch (error) {
      this.remove(router);
      throw error;
    }
    return router;
  }

  /** Removes a virtual router: a MASTER sends priority 0 first. Removing one twice is a no-op. */
  remove(router: VrrpRouter): void {
    if (!(router instanceof VrrpSoftc && this.#routers.delete(router))) return;
    const { link } = router;
    router.remove();
    if (link === undefined || link.routers.length > 0) return;
    this.#interfaces.delete(link.ifp);
    link[Symbol.dispose]();
  }

  /** All virtual routers, in the order of creation. */
  list(): VrrpRouter[] {
    return [...this.#routers];
  }

  // ---- event handlers

  @EventHandler('vrrp_state_event', EVENTHANDLER_PRI_FIRST)
  onStateAddresses(router: VrrpRouter): void {
    if (router instanceof VrrpSoftc) router.service.follow();
  }

  @EventHandler('vrrp_state_event', VRRP_PRI_NOTIFY)
  onStateNotify(router: VrrpRouter, { reason }: VrrpStateChange): void {
    if (reason === 'taken over from the former process') return;
    if (router instanceof VrrpSoftc) router.service.announce();
  }

  @EventHandler('vrrp_state_event', VIP_PRI_STATE)
  onState(router: VrrpRouter, change: VrrpStateChange): void {
    this.vip.changed(router, change);
  }

  @EventHandler('ifnet_arrival_event')
  onArrival(ifp: Ifnet): void {
    if (this.#waits) return;
    for (const router of this.#routers)
      if (router.link === undefined && router.settings.ifname === ifp.name)
        this.#starts.try(router.name, () => router.bind(this.#interface(ifp)));
  }

  /** udev renames an interface just after its arrival; one that has a virtual router keeps it. */
  @EventHandler('ifnet_rename_event')
  onRename(ifp: Ifnet): void {
    this.onArrival(ifp);
  }

  @EventHandler('ifnet_departure_event')
  @EventHandler('ifnet_release_event')
  onDeparture(ifp: Ifnet): void {
    if (this.#waits) return;
    const link = this.#interfaces.get(ifp);
    if (link === undefined) return;
    this.#interfaces.delete(ifp);
    link[Symbol.dispose]();
    for (const router of link.routers) router.bind(undefined);
  }

  @EventHandler('ifnet_event')
  onAdministrative(ifp: Ifnet): void {
    this.#evaluate(ifp);
  }

  @EventHandler('ifnet_link_event')
  onLink(ifp: Ifnet): void {
    this.#evaluate(ifp);
  }

  @EventHandler('ifaddr_event')
  onAddress(ifp: Ifnet, address: IfAddress, op: IfaddrOp): void {
    const link = this.#interfaces.get(ifp);
    if (link === undefined) return;
    if (address.vhid === undefined) link.addressesChanged();
    if (this.#waits) return;
    for (const { service } of link.routers) {
      if (op === 'DEL') service.addressRemoved(ifp, address.prefix);
      else if (op === 'ADD' && address.vhid === undefined) service.addressAppeared(ifp, address);
    }
    if (address.vhid === undefined) this.#evaluate(ifp);
  }

  /** From the host module, if it is loaded. */
  @EventHandler('power_resume')
  onResume(slept: number): void {
    for (const router of this.#routers) router.machine.resumed(slept);
  }

  @EventHandler('succession_event', EVENTHANDLER_PRI_FIRST)
  onSuccession(phase: SuccessionPhase): void {
    if (phase === 'begun') void reportInSlices(this.#begin(), this.#context.clock);
    else if (phase === 'given') this.#give();
  }

  // ---- details

  /** A predecessor is at work, or was until this module's start. */
  get #waits(): boolean {
    return this.succession.standby || (this.#inherited !== undefined && !this.#begun);
  }

  /** @throws VipError EHANDOVER when a virtual router of the predecessor is missing here */
  #heirs(states: VrrpModuleState['routers']): [VrrpSoftc, VrrpModuleState['routers'][number]][] {
    return heirs('vrrp', [...this.#routers], states, ({ name }) => name);
  }

  /** @throws VipError EHANDOVER, IfnetError */
  #adopt(states: VrrpModuleState['routers']): void {
    for (const [router, state] of this.#heirs(states)) router.handover.adopt(state);
  }

  /** @returns what reports each virtual router's state to the handlers */
  #begin(): PresentReport[] {
    this.#begun = true;
    const reports = this.#starts.goOn(this.#routers);
    for (const link of this.#interfaces.values()) {
      link.begin();
      if (!link.ifp.attached) this.onDeparture(link.ifp);
    }
    this.#starts.all();
    this.#inherited = undefined;
    return reports;
  }

  #give(): void {
    for (const router of this.#routers) this.vip.maintenance.abandon(router);
    for (const router of this.#routers) router.give();
    this.#routers.clear();
    this.#closeInterfaces();
  }

  #closeInterfaces(): void {
    for (const link of this.#interfaces.values()) link[Symbol.dispose]();
    this.#interfaces.clear();
  }

  /** One that is late and one that is misspelt look the same. */
  #warnOfAwaited(): void {
    for (const ifname of this.#configured.awaited)
      this.log.warning(`there is no interface ${ifname} yet; waiting for it`);
  }

  #interface(ifp: Ifnet): VrrpInterface<VrrpSoftc> {
    const link = this.#interfaces.get(ifp) ?? new VrrpInterface<VrrpSoftc>(ifp, this.#context);
    this.#interfaces.set(ifp, link);
    return link;
  }

  #evaluate(ifp: Ifnet): void {
    for (const router of this.#interfaces.get(ifp)?.routers ?? []) router.evaluate();
  }

  #changed(router: VrrpSoftc, change: VrrpStateChange): void {
    this.vip.maintenance.changed(router);
    this.#chronicle.note(router, change);
    this.#states.invoke(router, change);
    // At this module's end there are no handlers any more.
    this.#chronicle.tell();
  }
}
