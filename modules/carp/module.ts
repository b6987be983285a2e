/**
 * CARP, the Common Address Redundancy Protocol: several hosts share addresses. One of them, the MASTER, holds the
 * addresses and advertises itself once a second; when it falls silent another host takes over. Wire-compatible with
 * FreeBSD, OpenBSD and ucarp.
 *
 * Who points to whom: CarpModule holds one CarpInterface per interface with its sockets, and one CarpSoftc per vhid,
 * which users see as CarpVhid; a bound softc and its interface point to each other. Packets come in by the interface's
 * sockets, are checked by CarpReceiver and judged by `contest`; CarpMachine is the protocol's state machine. Time is
 * the kernel's clock.
 *
 * Order of a takeover, all within one callout: timer → sockets drained → MASTER → advertisement sent →
 * carp_state_event, where this module's handlers come first: the addresses at priority 0, the neighbours at 1000.
 *
 * Re-entry: handlers may call anything of CarpVhid and CarpModule. Not implemented: load sharing (OpenBSD's balancing modes).
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
  Slices,
  STORE,
  type StateStore,
  Succession,
  type SuccessionPhase,
} from '../../core/index.js';
import { type IfAddress, type IfaddrOp, type Ifnet, IfnetModule, type InetAddress } from '../ifnet/index.js';
import {
  adoptTunables,
  type DemotionLedger,
  type DemotionRequest,
  type Explained,
  type Maintenance,
  type PresentReport,
  reportInSlices,
  Starts,
  VIP_PRI_STATE,
  VipModule,
} from '../vip/index.js';
import { ConfiguredVhids } from './configure/configured-vhids.js';
import { type CarpModuleConfig, carpSchema } from './configure/module-settings.js';
import { type CarpContext, makeContext } from './context.js';
import { CarpError } from './errors.js';
import { evaluateAll } from './evaluate.js';
import * as handover from './handover/module.js';
import type { CarpModuleState } from './handover/schema.js';
import { CarpInterfaces } from './link/interfaces.js';
import { maintained } from './maintenance/maintained.js';
import type { CarpVhidOptions } from './settings.js';
import { CarpSoftc } from './softc.js';
import type { CarpStateChange } from './state.js';
import { type CarpStatistics, makeStatistics } from './statistics.js';
import { type CarpTunables, makeTunables } from './tunables.js';
import { registerCarpVerbs } from './verbs.js';
import type { CarpVhid } from './vhid.js';
import { type CarpChronicle, explained, keepChronicle } from './why/answers.js';

/** Priority on carp_state_event at which the neighbours are notified. */
export const CARP_PRI_NOTIFY = 1000;

/** The module `carp`: makes and removes vhids, and connects them to the kernel's events. */
@Module({
  name: 'carp',
  depends: [IfnetModule, VipModule],
  settings: carpSchema,
  secrets: ['vhids.*.password', 'vhids.*.passwords.*.password'],
  offers: ['demote', 'list'],
  reload: 'after', // Two versions would both advertise while dependents start.
})
export class CarpModule implements ModuleLifecycle {
  /** The counters `net.inet.carp.stats.*`. */
  readonly statistics: CarpStatistics;
  /** The sysctls `net.inet.carp.*`. */
  readonly tunables: CarpTunables;
  /** What demotes this host, its groups and vhids, line by line. */
  readonly demotion: DemotionLedger;
  /** Leaves for maintenance with all of this host's virtual hosts, and comes back: the module vip's. */
  readonly maintenance: Maintenance;
  readonly #vhids = new Set<CarpSoftc>();
  readonly #interfaces: CarpInterfaces<CarpSoftc>;
  readonly #starts: Starts<CarpSoftc>;
  /** Of a predecessor, until this module is at work. */
  #inherited: CarpModuleState | undefined;
  #begun = false;
  readonly #chronicle: CarpChronicle;
  readonly #context: CarpContext;
  readonly #configured = new ConfiguredVhids(this);
  readonly #states: EventHandlerList<[vhid: CarpVhid, change: CarpStateChange]>;
  readonly #heard: EventHandlerList<[vhid: CarpVhid, peer: InetAddress, interval: number]>;
  readonly #advertised: EventHandlerList<[vhid: CarpVhid, late: number]>;

  constructor(
    @inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry,
    @inject(IfnetModule) private readonly ifnet: IfnetModule,
    @inject(VipModule) private readonly vip: VipModule,
    @inject(Clock) clock: Clock,
    @inject(RANDOM) random: Random,
    @inject(Log) private readonly log: Log,
    @inject(Scope) private readonly scope: Scope,
    @inject(SETTINGS) private readonly settings: CarpModuleConfig,
    @inject(Succession) private readonly succession: Succession,
    @inject(STORE) store: StateStore,
  ) {
    this.#states = eventhandler.defineList('carp_state_event');
    this.#heard = eventhandler.defineList('carp_heard_event');
    this.#advertised = eventhandler.defineList('carp_advertise_event');
    this.statistics = makeStatistics(scope.sysctl);
    this.tunables = makeTunables(scope.sysctl);
    this.demotion = vip.demotion;
    const { tunables, demotion } = this;
    scope.own(demotion.bind({ demotion: tunables.demotion, level: tunables.log, log }));
    scope.own(demotion.onChange(this.#demoted.bind(this)));
    this.maintenance = vip.maintenance;
    this.#context = makeContext(this, { clock, random, store, log, succession }, vip);
    this.#interfaces = new CarpInterfaces(this.#context);
    const leave = (vhid: CarpSoftc): void => vhid.carpIf?.remove(vhid);
    const arrived = (ifp: Ifnet): void => this.onArrival(ifp);
    this.#starts = new Starts({ scope, log, interfaces: ifnet, arrived, leave });
    this.#chronicle = keepChronicle(scope, this.#context);
    const list = (): CarpSoftc[] => [...this.#vhids];
    const why = (): Explained[] => explained(list(), this.#chronicle, this.#context);
    scope.own(vip.register({ list, maintained: maintained(eventhandler, list), explained: why }));
  }

  start(): void {
    const { allow, dscp } = this.tunables;
    this.scope.own(allow.onChange(() => evaluateAll(this.#vhids)));
    this.scope.own(dscp.onChange(() => this.#vhids.forEach((vhid) => vhid.pathsChanged())));
    registerCarpVerbs(this.scope, this);
    this.scope.defer(() => this.stop(this.scope.end)); // Also when this start fails.
    this.#configured.begin(this.settings.vhids);
    this.#warnOfAwaited();
    if (this.#inherited === undefined) return;
    if (this.succession.standby) return handover.prepareAll([...this.#vhids], this.#inherited);
    this.#context.tenancy.promotions.forget();
    this.#adopt(this.#inherited);
    for (const report of this.#begin()) report();
  }

  /** All vhids as they are, without passwords. */
  handover(): Json {
    for (const carpIf of this.#interfaces) carpIf.drain();
    return handover.captureState(this, [...this.#vhids], this.#chronicle.capture(this.list()));
  }

  /** The vhids that are made from now on go on as a predecessor's did. @throws CarpError EHANDOVER */
  takeover(state: Json): void {
    const taken = handover.parseCarpState(state);
    this.#chronicle.adopt(taken.chronicle);
    adoptTunables(this.tunables, taken.tunables, this.#inherited?.tunables, 'demotion');
    if (!taken.ledgerShared) this.demotion.adopt(handover.ledgerOf(taken, this.#context.clock.now()));
    if (this.#inherited !== undefined) this.#adopt(taken);
    this.#inherited = taken;
  }

  /** Brings the vhids in line with new settings. Those that programs created are not touched. */
  async reconfigure({ vhids }: CarpModuleConfig): Promise<void> {
    await this.#configured.apply(vhids, new Slices(this.#context.clock));
    this.#warnOfAwaited();
  }

  /** `1@eth0: advskew 0 -> 50`, `2@eth0: new` … */
  changes({ vhids }: CarpModuleConfig): Promise<string[]> {
    return this.#configured.changes(vhids, new Slices(this.#context.clock));
  }

  /** Every MASTER bows out, every address is removed; unless a successor is at work, which all of it is left to. */
  stop(end: ModuleEnd): void {
    if (end === 'replace') return this.#give();
    const vhids = [...this.#vhids].toReversed();
    // Silence all of them first: removing hundreds of virtual interfaces takes seconds, longer than the peers wait.
    for (const vhid of vhids) {
      vhid.setState('INIT', 'shutting down');
      vhid.service.follow();
    }
    for (const vhid of vhids) this.remove(vhid);
    this.#interfaces[Symbol.dispose]();
  }

  /**
   * Makes a vhid, which starts at once if its interface exists, else when the interface arrives.
   *
   * @throws CarpError ESETTINGS for an invalid setting, EEXIST if the interface has that vhid already; IfnetError if a
   *   socket cannot be opened (EPERM without the privilege)
   */
  create(options: CarpVhidOptions): CarpVhid {
    const { ifname, vhid: id } = options;
    if (this.get(ifname, id) !== undefined)
      throw new CarpError('EEXIST', `carp ${id}@${ifname}: exists already`);
    const vhid: CarpSoftc = new CarpSoftc(this.#context, options, {
      commanded: (state) => this.vip.commanded(vhid, state),
      restored: (refit) => this.#starts.place(vhid, refit),
      stateChanged: (change) => this.#changed(vhid, change),
      reasserted: (peer) => this.eventhandler.invoke('carp_reassert_event', vhid, peer),
      heard: (peer, interval) => {
        this.#heard.invoke(vhid, peer, interval);
        return this.maintenance.heard(vhid);
      },
      advertised: (late) => this.#advertised.invoke(vhid, late),
    });
    this.#vhids.add(vhid);
    const ifp = this.ifnet.byName(ifname);
    try {
      const waits = this.#waits ? { inherited: handover.inherits(this.#inherited, vhid) } : undefined;
      if (ifp === undefined) vhid.evaluate();
      else vhid.bind(this.#interfaces.enter(ifp), waits);
    } catch (error) {
      this.remove(vhid);
      throw error;
    }
    return vhid;
  }

  /** Removes a vhid: a MASTER bows out first, its addresses are removed. Removing a vhid twice is a no-op. */
  remove(vhid: CarpVhid): void {
    if (!(vhid instanceof CarpSoftc && this.#vhids.delete(vhid))) return;
    const { carpIf } = vhid;
    vhid.remove();
    if (carpIf?.vhids.length === 0) this.#interfaces.leave(carpIf);
  }

  get(ifname: string, vhid: number): CarpVhid | undefined {
    return this.list().find((each) => each.vhid === vhid && each.ifname === ifname);
  }

  /** All vhids, in the order of creation. */
  list(): CarpVhid[] {
    return [...this.#vhids];
  }

  /**
   * FreeBSD's carp_demote_adj: adds `delta` to net.inet.carp.demotion, on a line that bears the reason, until as much is
   * subtracted for the same reason. Every MASTER advertises at once.
   */
  demote(delta: number, reason: string): void;
  /**
   * Demotes this host, a group or some vhids until the result is disposed of, or the scope that is named in `by` closes.
   * @throws CarpError EINVAL
   */
  demote(request: DemotionRequest): Disposable;
  demote(given: number | DemotionRequest, reason = ''): Disposable | undefined {
    if (typeof given === 'object') return this.demotion.request(given);
    this.demotion.adjust('program', given, reason);
    return undefined;
  }

  // ---- event handlers

  @EventHandler('carp_state_event', EVENTHANDLER_PRI_FIRST)
  onStateAddresses(vhid: CarpVhid): void {
    if (vhid instanceof CarpSoftc) vhid.service.follow();
  }

  @EventHandler('carp_state_event', CARP_PRI_NOTIFY)
  onStateNotify(vhid: CarpVhid, { reason }: CarpStateChange): void {
    if (reason === 'taken over from the former process') return;
    if (vhid instanceof CarpSoftc) vhid.service.announce();
  }

  @EventHandler('carp_state_event', VIP_PRI_STATE)
  onStateVip(vhid: CarpVhid, change: CarpStateChange): void {
    this.vip.changed(vhid, change);
  }

  @EventHandler('ifnet_arrival_event')
  onArrival(ifp: Ifnet): void {
    if (this.#waits) return;
    for (const vhid of this.#vhids) {
      if (vhid.carpIf === undefined && vhid.settings.ifname === ifp.name)
        this.#starts.try(vhid.name, () => vhid.bind(this.#interfaces.enter(ifp)));
    }
  }

  /** udev renames an interface just after its arrival; one that has a vhid keeps it. */
  @EventHandler('ifnet_rename_event')
  onRename(ifp: Ifnet): void {
    this.onArrival(ifp);
  }

  @EventHandler('ifnet_departure_event')
  @EventHandler('ifnet_release_event')
  onDeparture(ifp: Ifnet): void {
    if (this.#waits) return;
    const carpIf = this.#interfaces.get(ifp);
    if (carpIf === undefined) return;
    for (const vhid of carpIf.vhids) vhid.halt();
    this.#interfaces.leave(carpIf);
    for (const vhid of carpIf.vhids) vhid.bind(undefined);
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
    const carpIf = this.#interfaces.get(ifp);
    if (carpIf === undefined) return;
    // With 255 vhids there are many shared addresses, and few are a source.
    if (address.vhid === undefined) carpIf.addressesChanged();
    else for (const { output } of carpIf.vhids) output.sharedChanged();
    if (this.#waits) return;
    for (const { service } of carpIf.vhids) {
      if (op === 'DEL') service.addressRemoved(ifp, address.prefix);
      else if (op === 'ADD' && address.vhid === undefined) service.addressAppeared(ifp, address);
    }
  }

  /** From the host module, if it is loaded. */
  @EventHandler('power_resume')
  onResume(slept: number): void {
    for (const vhid of this.#vhids) vhid.resumed(slept);
  }

  @EventHandler('succession_event', EVENTHANDLER_PRI_FIRST)
  onSuccession(phase: SuccessionPhase): void {
    if (phase === 'begun') void reportInSlices(this.#begin(), this.#context.clock);
    else if (phase === 'pausing') this.#vhids.forEach(({ machine }) => machine.speakAhead());
    else if (phase === 'given') this.#give();
  }

  // ---- details

  /** A predecessor is at work, or was until this module's start. */
  get #waits(): boolean {
    return this.succession.standby || (this.#inherited !== undefined && !this.#begun);
  }

  /** @throws VipError EHANDOVER when a vhid of the predecessor is missing here; IfnetError */
  #adopt(state: CarpModuleState): void {
    for (const [vhid, each] of handover.heirsOf([...this.#vhids], state)) vhid.handover.adopt(each);
  }

  /** @returns what reports each vhid's state to the handlers */
  #begin(): PresentReport[] {
    this.#begun = true;
    this.demotion.begin();
    const reports = this.#starts.goOn(this.#vhids);
    for (const carpIf of this.#interfaces) {
      carpIf.begin();
      if (!carpIf.ifp.attached) this.onDeparture(carpIf.ifp);
    }
    this.#starts.all();
    this.#inherited = undefined;
    return reports;
  }

  #give(): void {
    for (const vhid of this.#vhids) this.maintenance.abandon(vhid);
    for (const vhid of this.#vhids) vhid.give();
    this.#vhids.clear();
    this.#interfaces[Symbol.dispose]();
  }

  /** One that is late and one that is misspelt look the same. */
  #warnOfAwaited(): void {
    for (const ifname of this.#configured.awaited)
      this.log.warning(`there is no interface ${ifname} yet; waiting for it`);
  }

  #evaluate(ifp: Ifnet): void {
    evaluateAll(this.#interfaces.get(ifp)?.vhids ?? []);
  }

  #changed(vhid: CarpSoftc, change: CarpStateChange): void {
    this.maintenance.changed(vhid);
    this.#chronicle.note(vhid, change);
    this.#states.invoke(vhid, change);
    // At this module's end there are no handlers any more.
    this.#chronicle.tell();
  }

  #demoted(demotion: number, delta: number, reason: string): void {
    this.eventhandler.invoke('carp_demote_event', demotion, delta, reason);
    for (const vhid of this.#vhids) vhid.machine.advertiseNow();
  }
}
