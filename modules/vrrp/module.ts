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
 * Re-entry: handlers may call anything of VrrpRouter and VrrpModule. Not implemented: Accept_Mode off (a MASTER answers on
 * its addresses, as keepalived's does by default), keepalived's AH (read and written by wire/, but not by the sockets).
 *
 * @module
 */
import {
  type Callout,
  Clock,
  EVENTHANDLER_PRI_FIRST,
  EventHandler,
  type EventHandlerList,
  EventHandlerRegistry,
  inject,
  Log,
  Module,
  type ModuleLifecycle,
  Scope,
  SETTINGS,
  Succession,
  type SuccessionPhase,
} from '../../core/index.js';
import { type IfAddress, type IfaddrOp, type Ifnet, IfnetModule } from '../ifnet/index.js';
import { VIP_PRI_STATE, VipModule } from '../vip/index.js';
import { ConfiguredRouters } from './configure/configured-routers.js';
import { type VrrpModuleConfig, vrrpSchema } from './configure/module-settings.js';
import type { VrrpContext } from './context.js';
import { VrrpError } from './errors.js';
import { VrrpInterface } from './link/vrrp-if.js';
import type { VrrpRouter } from './router.js';
import type { VrrpRouterOptions } from './settings/router.js';
import { VrrpSoftc } from './softc.js';
import type { VrrpStateChange } from './state.js';
import { makeStatistics, type VrrpStatistics } from './statistics.js';
import { limitedLog, makeTunables, type VrrpTunables } from './tunables.js';
import { registerVrrpVerbs } from './verbs.js';

/** Priority on vrrp_state_event at which the neighbours are notified. */
export const VRRP_PRI_NOTIFY = 1000;

/** A successor that cannot begin tries again after this time. */
const BEGIN_RETRY_MS = 1000;

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
  readonly #context: VrrpContext;
  readonly #configured = new ConfiguredRouters(this);
  readonly #again: Callout;
  readonly #states: EventHandlerList<[router: VrrpRouter, change: VrrpStateChange]>;

  constructor(
    @inject(EventHandlerRegistry) eventhandler: EventHandlerRegistry,
    @inject(IfnetModule) private readonly ifnet: IfnetModule,
    @inject(VipModule) private readonly vip: VipModule,
    @inject(Clock) clock: Clock,
    @inject(Log) private readonly log: Log,
    @inject(Scope) private readonly scope: Scope,
    @inject(SETTINGS) private readonly settings: VrrpModuleConfig,
    @inject(Succession) private readonly succession: Succession,
  ) {
    this.#again = clock.callout('vrrp begin', () => this.#beginWhenFree());
    this.#states = eventhandler.defineList('vrrp_state_event');
    this.statistics = makeStatistics(scope.sysctl);
    this.tunables = makeTunables(scope.sysctl);
    const { statistics, tunables } = this;
    this.#context = {
      ...vip.shared,
      protocol: 'vrrp',
      clock,
      log,
      succession,
      statistics,
      tunables,
      refusalLog: (cause) => limitedLog(log, tunables, cause),
    };
  }

  start(): void {
    const { allow, dscp } = this.tunables;
    this.scope.own(allow.onChange(() => this.#routers.forEach((router) => router.evaluate())));
    this.scope.own(dscp.onChange(() => this.#routers.forEach((router) => router.pathsChanged())));
    this.scope.own(this.vip.demotion.onChange(() => this.#routers.forEach((router) => router.demoted())));
    this.scope.own(this.vip.register(this));
    registerVrrpVerbs(this.scope, this);
    if (!this.succession.standby) this.#begin();
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

  /** Every MASTER sends priority 0, every address is removed. */
  stop(): void {
    this.#leave();
  }

  /**
   * Makes a virtual router, which starts at once if its interface exists, else when the interface arrives.
   *
   * @throws VrrpError ESETTINGS for an invalid setting, EEXIST if the interface has that virtual router already, EBUSY if
   *   CARP or another process has its number there; VipError; IfnetError if a socket cannot be opened (EPERM without the
   *   privilege)
   */
  create(options: VrrpRouterOptions): VrrpRouter {
    const router: VrrpSoftc = new VrrpSoftc(this.#context, options, {
      stateChanged: (change) => this.#changed(router, change),
    });
    const { name, ifname } = router;
    if (this.list().some((each) => each.name === name)) {
      router.remove();
      throw new VrrpError('EEXIST', `vrrp ${name}: exists already`);
    }
    this.#routers.add(router);
    const ifp = this.ifnet.byName(ifname);
    try {
      if (ifp === undefined) router.evaluate();
      else router.bind(this.#interface(ifp));
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
  onStateNotify(router: VrrpRouter): void {
    if (router instanceof VrrpSoftc) router.service.announce();
  }

  @EventHandler('vrrp_state_event', VIP_PRI_STATE)
  onState(router: VrrpRouter, change: VrrpStateChange): void {
    this.vip.changed(router, change);
  }

  @EventHandler('ifnet_arrival_event')
  onArrival(ifp: Ifnet): void {
    for (const router of this.#routers)
      if (router.link === undefined && router.settings.ifname === ifp.name) this.#bind(router, ifp);
  }

  /** udev renames an interface just after its arrival; one that has a virtual router keeps it. */
  @EventHandler('ifnet_rename_event')
  onRename(ifp: Ifnet): void {
    this.onArrival(ifp);
  }

  @EventHandler('ifnet_departure_event')
  @EventHandler('ifnet_release_event')
  onDeparture(ifp: Ifnet): void {
    this.#context.virtual.find(ifp)?.departed();
    const link = this.#interfaces.get(ifp);
    if (link === undefined) return;
    this.#interfaces.delete(ifp);
    link[Symbol.dispose]();
    for (const router of link.routers) router.bind(undefined);
  }

  @EventHandler('ifnet_event')
  onAdministrative(ifp: Ifnet): void {
    this.#context.virtual.find(ifp)?.administrative(ifp);
    this.#evaluate(ifp);
  }

  @EventHandler('ifnet_link_event')
  onLink(ifp: Ifnet): void {
    this.#evaluate(ifp);
  }

  @EventHandler('ifaddr_event')
  onAddress(ifp: Ifnet, address: IfAddress, op: IfaddrOp): void {
    if (op === 'DEL') this.#context.virtual.find(ifp)?.addressRemoved(ifp, address.prefix);
    const link = this.#interfaces.get(ifp);
    if (link === undefined) return;
    for (const { service } of link.routers) {
      if (op === 'DEL') service.addressRemoved(ifp, address.prefix);
      else if (op === 'ADD' && address.vhid === undefined) service.addressAppeared(ifp, address);
    }
    if (address.vhid !== undefined) return;
    link.addressesChanged();
    this.#evaluate(ifp);
  }

  /** From the host module, if it is loaded. */
  @EventHandler('power_resume')
  onResume(slept: number): void {
    for (const router of this.#routers) router.machine.resumed(slept);
  }

  /**
   * No state passes to a successor: the predecessor sends priority 0 and takes its addresses off as soon as the successor is
   * at work, and the successor begins as BACKUP when the predecessor has gone with its claims.
   */
  @EventHandler('succession_event', EVENTHANDLER_PRI_FIRST)
  onSuccession(phase: SuccessionPhase): void {
    if (phase === 'given') this.#leave();
    else if (phase === 'alone') this.#beginWhenFree();
  }

  // ---- details

  #leave(): void {
    this.#again.stop();
    const routers = [...this.#routers].toReversed();
    // Silence all of them first: removing hundreds of virtual interfaces takes seconds, longer than the peers wait.
    for (const router of routers) {
      router.setState('INIT', 'shutting down');
      router.service.follow();
    }
    for (const router of routers) this.remove(router);
    for (const link of this.#interfaces.values()) link[Symbol.dispose]();
    this.#interfaces.clear();
  }

  /** A number may be claimed still, or a socket refused: without another try this host would never serve again. */
  #beginWhenFree(): void {
    try {
      this.#begin();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#context
        .refusalLog('vrrp begin')
        ?.error(`cannot begin after the upgrade, and tries again: ${why}`);
      this.#again.reset(BEGIN_RETRY_MS);
    }
  }

  #begin(): void {
    this.#configured.apply(this.settings.routers);
    this.#warnOfAwaited();
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

  #bind(router: VrrpSoftc, ifp: Ifnet): void {
    try {
      router.bind(this.#interface(ifp));
    } catch (error) {
      this.log.error(
        `${router.name}: cannot start: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #evaluate(ifp: Ifnet): void {
    for (const router of this.#interfaces.get(ifp)?.routers ?? []) router.evaluate();
  }

  #changed(router: VrrpSoftc, change: VrrpStateChange): void {
    const { from, to, reason } = change;
    if (this.tunables.log.value > 0)
      this.log.notice(`${router.name}: ${from} -> ${to} (${reason})`, { router: router.name, ...change });
    this.#states.invoke(router, change);
  }
}
