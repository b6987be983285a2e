/**
 * The softc puts the parts of one virtual router together and owns them; each sees it through an interface of its own
 * (…Owner, …Needs). Re-entry: handlers of vrrp_state_event may call anything, and remove the virtual router.
 *
 *     VrrpInterface ─ heard ─► VrrpMachine ─► VrrpOutput ─► the sockets of VrrpInterface
 *                                   └─► VrrpModule ─► vrrp_state_event ─► VipService, vip_state_event
 *
 * @module
 */
import type { Ifnet, InetAddress, InetFamily, InetPrefix } from '../ifnet/index.js';
import {
  type DemotionStatus,
  Fitness,
  type FitnessOwner,
  GroupMember,
  isLocal,
  outlook,
  type Successor,
  VipService,
  type VipServiceOwner,
} from '../vip/index.js';
import type { VrrpContext } from './context.js';
import type { VrrpHeard } from './election/heard-master.js';
import { VrrpMachine } from './election/machine.js';
import { successionTime } from './election/timers.js';
import { type VrrpCandidate, VrrpElector, type VrrpSoftcOwner } from './elector.js';
import { VrrpError } from './errors.js';
import { VrrpRouterHandover } from './handover/router.js';
import { VrrpOutput, type VrrpOutputOwner } from './link/output.js';
import { VrrpPeers } from './link/peers.js';
import { expectationOf } from './link/receiver.js';
import { SequenceGuard } from './link/sequence-guard.js';
import type { VrrpInterface, VrrpMember, VrrpSocketKind } from './link/vrrp-if.js';
import { VrrpPriority } from './priority.js';
import { VrrpReadiness } from './readiness.js';
import type { VrrpRouter } from './router.js';
import {
  parseOptions,
  type VrrpRouterChanges,
  type VrrpRouterOptions,
  type VrrpSettings,
} from './settings/router.js';
import type { VrrpReason, VrrpState } from './state.js';
import * as status from './status.js';
import type { VrrpEvidence } from './why/view.js';
import type { VrrpAuth } from './wire/advertisement.js';
import { VRRP_PRIORITY_OWNER, VRRP_PRIORITY_STOP } from './wire/header.js';
import type { VrrpExpectation } from './wire/inspect.js';
import { virtualRouterMac } from './wire/virtual-lladdr.js';

/** One virtual router from the inside. Its public face is {@link VrrpRouter}. */
export class VrrpSoftc
  implements VrrpRouter, VrrpMember, VrrpCandidate, VrrpOutputOwner, FitnessOwner, VipServiceOwner
{
  readonly protocol = 'vrrp';
  readonly vrid: number;
  readonly family: InetFamily;
  readonly machine: VrrpMachine;
  readonly service: VipService;
  readonly group: GroupMember;
  readonly output: VrrpOutput;
  readonly fitness: Fitness;
  readonly sequences = new SequenceGuard();
  readonly peers = new VrrpPeers();
  readonly handover: VrrpRouterHandover;
  readonly #context: VrrpContext;
  readonly #owner: VrrpSoftcOwner;
  readonly #priority: VrrpPriority;
  readonly #readiness: VrrpReadiness;
  /** As given, with the secrets. */
  #options: VrrpRouterOptions;
  #settings: VrrpSettings;
  #auth: VrrpAuth | undefined;
  /** What follows from the two. */
  #expectation: VrrpExpectation;
  #link: VrrpInterface<VrrpSoftc> | undefined;
  #removed = false;
  /** What the one that takes over from it said last, while it hands over. */
  #successor: { readonly words: VrrpHeard; readonly time: number } | undefined;

  /** @throws VrrpError ESETTINGS */
  constructor(context: VrrpContext, options: VrrpRouterOptions, owner: VrrpSoftcOwner) {
    const { settings, auth } = parseOptions(options);
    this.#options = options;
    this.#context = context;
    this.#owner = owner;
    this.#settings = settings;
    this.#auth = auth;
    this.#expectation = expectationOf(settings, auth);
    this.vrid = settings.vrid;
    this.family = settings.addresses[0]!.address.family;
    this.machine = new VrrpMachine(new VrrpElector(this, owner, context), context);
    this.group = new GroupMember(context.failoverGroups, this.machine, () => this.fitness.failing);
    this.#priority = new VrrpPriority(this, { demotion: context.demotion, group: this.group });
    this.fitness = new Fitness(this, context);
    this.output = new VrrpOutput(this, context);
    this.service = new VipService(this, context, (trouble) => this.fitness.served(trouble));
    this.#readiness = new VrrpReadiness(this, context);
    this.handover = new VrrpRouterHandover(this, {
      clock: context.clock,
      readiness: this.#readiness,
      report: (change) => void (this.#removed || owner.stateChanged(change)),
    });
    this.group.join(settings.failoverGroup);
  }

  // ---- VrrpRouter: its docstrings are in router.ts

  get vhid(): number {
    return this.vrid;
  }
  get name(): string {
    return `${this.vrid}${this.family === 6 ? 'v6' : ''}@${this.ifname}`;
  }
  get ifname(): string {
    return this.#link?.ifp.name ?? this.#settings.ifname;
  }
  get ifp(): Ifnet | undefined {
    return this.#link?.ifp;
  }
  get state(): VrrpState {
    return this.machine.state;
  }
  get since(): number {
    return this.machine.since;
  }
  get settings(): VrrpSettings {
    return this.#settings;
  }
  get addresses(): readonly InetPrefix[] {
    const { addresses, excluded } = this.#settings;
    return excluded.length === 0 ? addresses : [...addresses, ...excluded];
  }
  get families(): readonly InetFamily[] {
    const { excluded } = this.#settings;
    const used = (family: InetFamily) =>
      family === this.family || excluded.some(({ address }) => address.family === family);
    return ([4, 6] as const).filter(used);
  }
  get priority(): number {
    return this.#priority.value;
  }
  get preempt(): boolean {
    return this.#settings.preempt;
  }
  get interval(): number {
    return this.machine.interval;
  }
  get deadTime(): number {
    return this.machine.deadTime;
  }
  get servedLladdr(): Uint8Array | undefined {
    const { virtualMac, provider } = this.#settings;
    const virtual = provider === 'macvlan' || (virtualMac && isLocal(provider));
    return virtual ? virtualRouterMac(this.family, this.vrid) : undefined;
  }
  get demotions(): readonly DemotionStatus[] {
    return this.#priority.causes(this.#context.clock.now());
  }

  /** For `carpet why`. */
  get evidence(): VrrpEvidence {
    const now = this.#context.clock.now();
    const { masterDown, lowerSince: worseSince } = this.machine.capture();
    const waits = { masterDown: [masterDown], worseSince, preemptDelay: this.#settings.preemptDelay };
    return { peers: this.peers.status(now), timerLate: this.machine.timerLate, ...outlook(waits, now) };
  }

  get obstacle(): VrrpReason | undefined {
    return this.#readiness.obstacle;
  }

  get master(): status.VrrpMasterStatus | undefined {
    const { last } = this.machine.master;
    if (this.state !== 'BACKUP' || last === undefined) return undefined;
    const { source, priority, interval, at } = last;
    return {
      address: source.toString(),
      priority,
      interval,
      heardAgo: this.#context.clock.now() - at,
    };
  }

  setState(state: VrrpState, reason: VrrpReason = 'user requested'): void {
    if (!this.#removed) this.#owner.commanded(state);
    if (this.#removed) return;
    if (state === 'MASTER') return this.machine.takeOver(reason);
    this.#readiness.held = state === 'INIT';
    this.machine.relinquish(reason, this.#settings.bowOut);
    this.evaluate('initialization complete', reason);
  }

  configure(changes: VrrpRouterChanges): void {
    if (this.#removed) throw new VrrpError('ENOENT', `vrrp ${this.name}: has been removed`);
    const options = { ...this.#options, ...changes };
    const { settings, auth } = parseOptions(options);
    if (settings.addresses[0]!.address.family !== this.family)
      throw new VrrpError(
        'ESETTINGS',
        `vrrp ${this.name}: addresses of another family need a new virtual router`,
      );
    const former = { settings: this.#settings, auth: this.#auth };
    this.#fit({ settings, auth });
    try {
      this.#refit();
    } catch (error) {
      this.#fit(former);
      this.#owner.restored(() => this.#refit());
      throw error;
    }
    this.#options = options;
    this.group.join(settings.failoverGroup);
    this.machine.rearm();
    this.machine.advertiseNow();
    if (this.state === 'MASTER') {
      this.service.follow();
      this.service.announce();
    }
    this.evaluate();
  }

  toJSON(): status.VrrpRouterStatus {
    return status.statusOf(this);
  }

  toString(): string {
    return this.name;
  }

  // ---- for VrrpModule

  /**
   * Its interface has arrived, or (undefined) departed; if it `waits`, only sockets are opened.
   * @throws VrrpError, VipError, IfnetError
   */
  bind(link: VrrpInterface<VrrpSoftc> | undefined, waits?: { readonly inherited: boolean }): void {
    if (link === this.#link) return;
    this.#link = link;
    this.pathsChanged();
    if (link === undefined) {
      this.service.bind(undefined);
      this.evaluate();
      return;
    }
    try {
      link.add(this, waits?.inherited);
      if (waits !== undefined) return;
      this.service.bind(link.ifp);
    } catch (error) {
      link.remove(this);
      this.#link = undefined;
      throw error;
    }
    this.#readiness.arrived();
  }

  /** A MASTER sends priority 0, alone of its failover group; after that nothing is sent. */
  remove(): void {
    if (this.#removed) return;
    this.group.join(undefined);
    this.machine.relinquish('shutting down', this.#settings.bowOut);
    this.#removed = true;
    this.machine.stop('shutting down');
    // Usually done by the module's handler, which is already gone if the module is being unloaded.
    this.service.follow();
    this.#link?.remove(this);
    this.#dispose();
  }

  /** Leaves everything as it is to a successor: nothing is sent, nothing taken off the interface. */
  give(): void {
    if (!this.#removed) for (const part of [this.service, this.output, this.fitness]) part.give();
    this.#removed = true;
    this.#dispose();
  }

  /** To INIT if it cannot work, to BACKUP or MASTER if it can; `up`: the reason to give then; `held`: that of one in INIT by request. */
  evaluate(up: VrrpReason = 'hardware interface up', held: VrrpReason = 'user requested'): void {
    if (this.#removed || this.#context.succession.standby) return;
    const { obstacle } = this.#readiness;
    if (obstacle === undefined) this.machine.start(up);
    else this.machine.stop(obstacle === 'user requested' ? held : obstacle);
  }

  /** Another demotion is in force. What is no news is not said: after priority 0 it would tell some peers to follow on. */
  demoted(): void {
    if (!this.#removed) this.machine.priorityChanged();
  }

  get link(): VrrpInterface<VrrpSoftc> | undefined {
    return this.#link;
  }

  // ---- VrrpMember: for the interface

  get auth(): VrrpAuth | undefined {
    return this.#auth;
  }

  get expectation(): VrrpExpectation {
    return this.#expectation;
  }

  get list(): Uint8Array {
    return this.output.list;
  }

  get socketKind(): VrrpSocketKind {
    return this.#settings.peers.length > 0 ? 'unicast' : 'group';
  }

  heard(advertisement: VrrpHeard, time: number): void {
    const { priority, source, interval } = advertisement;
    this.peers.note(advertisement, time);
    if (priority !== VRRP_PRIORITY_STOP && this.#owner.heard(source, interval))
      this.#successor = { words: { priority, source, interval }, time };
    else this.machine.heard(advertisement, time);
    if (this.output.owesWord(source)) this.output.answer(advertisement, this.machine.knowsBetter);
  }

  prefetch(): number {
    const { settings, expectation, list, machine, peers } = this;
    return settings.interval + expectation.vrid + list[0]! + machine.prefetch() + peers.prefetch();
  }

  pathsChanged(): void {
    this.output.pathsChanged();
  }

  // ---- for the parts

  get virtualPrefix(): string {
    return this.family === 4 ? 'vrrp' : 'ip6vrrp';
  }

  get patience(): number {
    const { downAdverts, interval } = this.#settings;
    return downAdverts * interval;
  }

  get source(): InetAddress | undefined {
    return this.output.source;
  }

  /** The owner of the addresses always does: RFC 9568 section 6.4.3. */
  get accepts(): boolean {
    const { accept, priority } = this.#settings;
    return accept || priority === VRRP_PRIORITY_OWNER;
  }

  get authentication(): status.VrrpRouterStatus['authentication'] {
    if (this.#auth === undefined) return 'none';
    return this.#auth.type === 'hmac' ? 'hmac' : 'password';
  }

  bowOut(): void {
    this.machine.bowOut();
  }

  /** As BACKUP it follows the one that took over, whose interval may be another, and does not wait for its next word. */
  handedOver(): void {
    const successor = this.#successor;
    this.#successor = undefined;
    if (successor !== undefined) this.machine.heard(successor.words, successor.time);
  }

  get successionTime(): number {
    return successionTime(this.#settings.interval);
  }

  /** One whose last word was priority 0 has said that it stops. */
  get successor(): Successor {
    return this.peers.successor;
  }

  announce(): void {
    this.service.announce();
  }

  #dispose(): void {
    this.group.join(undefined);
    for (const part of [this.machine, this.#readiness, this.service, this.output, this.fitness])
      part[Symbol.dispose]();
  }

  #fit({ settings, auth }: { settings: VrrpSettings; auth: VrrpAuth | undefined }): void {
    this.#settings = settings;
    this.#auth = auth;
    this.#expectation = expectationOf(settings, auth);
  }

  /** Brings the advertisement, sockets, filters and the place of the addresses in line with the settings. */
  #refit(): void {
    this.output.refit();
    this.#link?.refresh();
    this.service.refit();
  }
}
