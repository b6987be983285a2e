/**
 * CARP, the Common Address Redundancy Protocol: several hosts share addresses, one of them (the MASTER) has them and
 * says so once a second, and when it falls silent another takes over. Wire-compatible with FreeBSD, OpenBSD and ucarp.
 *
 * Per kernel one CarpModule; per interface one CarpInterface with the sockets; per shared set of addresses one CarpVhid,
 * whose CarpMachine is the protocol's state machine. Packets come in by the interface's sockets, are checked by
 * CarpReceiver, decided on by `contest`; time is the kernel's clock.
 *
 * A takeover, all within one callout: timer → sockets read once more → MASTER → advertisement sent → carp_state_event,
 * on whose list this module stands first (the address, priority 0) and at 1000 (the neighbours are told).
 * Handlers may call anything of CarpVhid and CarpModule.
 *
 * Not done: load sharing (OpenBSD's balancing modes), VRRP.
 */
import {
  Clock,
  EVENTHANDLER_PRI_FIRST,
  EventHandler,
  type EventHandlerList,
  EventHandlerRegistry,
  inject,
  Log,
  Module,
  type ModuleLifecycle,
  RANDOM,
  type Random,
  Scope,
  SETTINGS,
} from '../../core/index.js';
import { type IfAddress, type IfaddrOp, type Ifnet, IfnetModule } from '../ifnet/index.js';
import { NotifyPeers } from '../notify-peers/index.js';
import { ConfiguredVhids } from './configure/configured-vhids.js';
import { type CarpModuleConfig, carpSchema } from './configure/module-settings.js';
import type { CarpContext } from './context.js';
import { CarpDemotion } from './demotion/demotion.js';
import { CarpFailoverGroups } from './demotion/failover-group.js';
import { CarpError } from './errors.js';
import type { CarpStateChange } from './events.js';
import { CarpInterface } from './link/carp-if.js';
import { CarpRefusalLog } from './refusals.js';
import type { CarpVirtualInterface } from './service/virtual-interface.js';
import type { CarpVhidOptions } from './settings.js';
import { type CarpStatistics, makeStatistics } from './statistics.js';
import { type CarpTunables, makeTunables } from './tunables.js';
import { CarpVhid } from './vhid.js';
import { HmacWork } from './wire/hmac.js';

/** Priority on carp_state_event at which the neighbours are told. */
export const CARP_PRI_NOTIFY = 1000;

@Module({
  name: 'carp',
  depends: [IfnetModule, NotifyPeers],
  settings: carpSchema,
  secrets: ['vhids.*.password'],
})
export class CarpModule implements ModuleLifecycle {
  readonly statistics: CarpStatistics;
  readonly tunables: CarpTunables;
  readonly demotion: CarpDemotion;
  readonly #vhids = new Set<CarpVhid>();
  readonly #interfaces = new Map<Ifnet, CarpInterface>();
  readonly #context: CarpContext;
  readonly #configured = new ConfiguredVhids(this);
  readonly #states: EventHandlerList<[vhid: CarpVhid, change: CarpStateChange]>;

  constructor(
    @inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry,
    @inject(IfnetModule) private readonly ifnet: IfnetModule,
    @inject(NotifyPeers) private readonly peers: NotifyPeers,
    @inject(Clock) clock: Clock,
    @inject(RANDOM) random: Random,
    @inject(Log) private readonly log: Log,
    @inject(Scope) private readonly scope: Scope,
    @inject(SETTINGS) private readonly settings: CarpModuleConfig,
  ) {
    this.#states = eventhandler.defineList('carp_state_event');
    this.statistics = makeStatistics(scope.sysctl);
    this.tunables = makeTunables(scope.sysctl);
    this.demotion = new CarpDemotion(this.tunables, log, (...change) => this.#demoted(...change));
    this.#context = {
      clock,
      random,
      log,
      hmacWork: new HmacWork(),
      statistics: this.statistics,
      tunables: this.tunables,
      demotion: this.demotion,
      refusals: new CarpRefusalLog(log, clock, this.tunables),
      failoverGroups: new CarpFailoverGroups(),
      interfaces: ifnet,
      virtual: new Set(),
      stateChanged: (vhid, change) => this.#changed(vhid, change),
      reasserted: (vhid, peer) => eventhandler.invoke('carp_reassert_event', vhid, peer),
      announce: (vhid) => this.#announce(vhid),
    };
  }

  start(): void {
    const changed = () => {
      for (const vhid of this.#vhids) vhid.evaluate('hardware interface up');
    };
    this.scope.own(this.tunables.allow.onChange(changed));
    this.scope.own(this.tunables.dscp.onChange(() => this.#vhids.forEach((vhid) => vhid.pathsChanged())));
    this.#configured.apply(this.settings.vhids);
  }

  /** Brings the vhids of the settings in line with others. Vhids that programs create are not touched. */
  reconfigure({ vhids }: CarpModuleConfig): void {
    this.#configured.apply(vhids);
  }

  /** `1@eth0: advskew 0 -> 50`, `2@eth0: new` … */
  changes({ vhids }: CarpModuleConfig): string[] {
    return this.#configured.changes(vhids);
  }

  /** Every MASTER bows out, every address is taken off. */
  stop(): void {
    const vhids = [...this.#vhids].toReversed();
    // All are silent first: removing hundreds of virtual interfaces takes seconds, longer than the peers wait.
    for (const vhid of vhids) {
      vhid.setState('INIT', 'shutting down');
      vhid.service.follow();
    }
    for (const vhid of vhids) this.remove(vhid);
    for (const carpIf of this.#interfaces.values()) carpIf[Symbol.dispose]();
    this.#interfaces.clear();
  }

  /**
   * A new vhid, which starts at once if its interface is there, and else when it arrives.
   *
   * Throws CarpError ESETTINGS for a setting that cannot be, EEXIST if the interface has that vhid already, IfnetError
   * when its sockets cannot be opened (EPERM without the privilege).
   */
  create(options: CarpVhidOptions): CarpVhid {
    const { ifname, vhid: id } = options;
    if (this.get(ifname, id) !== undefined)
      throw new CarpError('EEXIST', `carp ${id}@${ifname}: exists already`);
    const vhid = new CarpVhid(this.#context, options);
    this.#vhids.add(vhid);
    const ifp = this.ifnet.byName(ifname);
    try {
      if (ifp === undefined) vhid.evaluate('hardware interface up');
      else vhid.bind(this.#interface(ifp));
    } catch (error) {
      this.remove(vhid);
      throw error;
    }
    return vhid;
  }

  /** Removes a vhid: a MASTER bows out first, its addresses go. Of one removed already nothing happens. */
  remove(vhid: CarpVhid): void {
    if (!this.#vhids.delete(vhid)) return;
    const { carpIf } = vhid;
    vhid.remove();
    if (carpIf === undefined || carpIf.vhids.length > 0) return;
    this.#interfaces.delete(carpIf.ifp);
    carpIf[Symbol.dispose]();
  }

  get(ifname: string, vhid: number): CarpVhid | undefined {
    return this.list().find((each) => each.vhid === vhid && each.ifname === ifname);
  }

  /** In the order of creation. */
  list(): CarpVhid[] {
    return [...this.#vhids];
  }

  /** FreeBSD's carp_demote_adj: adds to net.inet.carp.demotion, and every MASTER says so at once. */
  demote(delta: number, reason: string): void {
    this.demotion.adjust(delta, reason);
  }

  // ---- events

  @EventHandler('carp_state_event', EVENTHANDLER_PRI_FIRST)
  onStateAddresses(vhid: CarpVhid): void {
    vhid.service.follow();
  }

  @EventHandler('carp_state_event', CARP_PRI_NOTIFY)
  onStateNotify(vhid: CarpVhid): void {
    vhid.service.announce();
  }

  @EventHandler('ifnet_arrival_event')
  onArrival(ifp: Ifnet): void {
    for (const vhid of this.#vhids) {
      if (vhid.carpIf === undefined && vhid.settings.ifname === ifp.name) this.#bind(vhid, ifp);
    }
  }

  /** udev renames an interface just after it has arrived; one that has a vhid keeps it. */
  @EventHandler('ifnet_rename_event')
  onRename(ifp: Ifnet): void {
    this.onArrival(ifp);
  }

  @EventHandler('ifnet_departure_event')
  onDeparture(ifp: Ifnet): void {
    this.#virtual(ifp)?.departed();
    const carpIf = this.#interfaces.get(ifp);
    if (carpIf === undefined) return;
    this.#interfaces.delete(ifp);
    carpIf[Symbol.dispose]();
    for (const vhid of carpIf.vhids) vhid.bind(undefined);
  }

  @EventHandler('ifnet_event')
  onAdministrative(ifp: Ifnet): void {
    this.#virtual(ifp)?.administrative(ifp);
    this.#evaluate(ifp);
  }

  @EventHandler('ifnet_link_event')
  onLink(ifp: Ifnet): void {
    this.#evaluate(ifp);
  }

  @EventHandler('ifaddr_event')
  onAddress(ifp: Ifnet, address: IfAddress, op: IfaddrOp): void {
    if (op === 'DEL') this.#virtual(ifp)?.addressRemoved(ifp, address.prefix);
    const carpIf = this.#interfaces.get(ifp);
    if (carpIf === undefined) return;
    // A shared address is nobody's source, and with 255 vhids there are many.
    if (address.vhid === undefined) carpIf.addressesChanged();
    if (op === 'DEL') for (const { service } of carpIf.vhids) service.addressRemoved(ifp, address.prefix);
  }

  /** From the host module, if it is loaded. */
  @EventHandler('power_resume')
  onResume(slept: number): void {
    for (const vhid of this.#vhids) vhid.resumed(slept);
  }

  // ---- details

  #interface(ifp: Ifnet): CarpInterface {
    const carpIf = this.#interfaces.get(ifp) ?? new CarpInterface(ifp, this.#context);
    this.#interfaces.set(ifp, carpIf);
    return carpIf;
  }

  #bind(vhid: CarpVhid, ifp: Ifnet): void {
    try {
      vhid.bind(this.#interface(ifp));
    } catch (error) {
      this.log.error(`${vhid.name}: cannot start: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #evaluate(ifp: Ifnet): void {
    for (const vhid of this.#interfaces.get(ifp)?.vhids ?? []) vhid.evaluate('hardware interface up');
  }

  #changed(vhid: CarpVhid, change: CarpStateChange): void {
    const { name } = vhid;
    if (this.tunables.log.value > 0) {
      this.log.notice(`${name}: ${change.from} -> ${change.to} (${change.reason})`, {
        vhid: name,
        ...change,
      });
    }
    this.#states.invoke(vhid, change);
  }

  /** Whose virtual interface it is; of most vhids there are none to look through. */
  #virtual(ifp: Ifnet): CarpVirtualInterface | undefined {
    for (const each of this.#context.virtual) if (each.ifp === ifp) return each;
    return undefined;
  }

  #announce(vhid: CarpVhid): Disposable | undefined {
    const { ifp, service } = vhid;
    if (ifp === undefined) return undefined;
    const addresses = vhid.addresses.map(({ address }) => address);
    return this.peers.netifNotifyPeers(ifp, {
      addresses,
      ...(service.lladdr && { lladdr: service.lladdr }),
    });
  }

  #demoted(demotion: number, delta: number, reason: string): void {
    this.eventhandler.invoke('carp_demote_event', demotion, delta, reason);
    for (const vhid of this.#vhids) vhid.advertiseNow();
  }
}
