/**
 * The softc puts the parts of one vhid together and owns them; each sees it through an interface of its own (…Owner,
 * …Needs). Re-entry: handlers of carp_state_event may call anything, and remove the vhid.
 *
 *     CarpInterface ─ heard ─► CarpMachine ─► CarpOutput ─► the sockets of CarpInterface
 *                                   └─► CarpModule ─► carp_state_event ─► VipService
 *
 * @module
 */
import type { Ifnet, InetFamily, InetPrefix, IpPacket } from '../ifnet/index.js';
import {
  type DemotionStatus,
  Fitness,
  type FitnessOwner,
  GroupMember,
  outlook,
  type Successor,
  VipService,
  type VipServiceOwner,
} from '../vip/index.js';
import type { CarpContext } from './context.js';
import { CarpCredentials } from './credentials.js';
import { CarpStanding, type CarpStandingOwner } from './demotion/standing.js';
import { advertInterval, deadTime, intervalUnits } from './election/interval.js';
import { CarpMachine } from './election/machine.js';
import { type CarpCandidate, CarpElector } from './elector.js';
import { CarpError } from './errors.js';
import { CarpVhidHandover } from './handover/vhid.js';
import type { CarpInterface, CarpMember } from './link/carp-if.js';
import { CarpFamilyReport } from './link/family-report.js';
import { HeardMaster } from './link/heard-master.js';
import { CarpOutput, type CarpOutputOwner } from './link/output.js';
import { type CarpReach, type CarpSocketKind, reachOf } from './link/reach.js';
import type { CarpReception } from './link/receiver.js';
import { CarpReadiness } from './readiness.js';
import { type CarpSettings, type CarpVhidChanges, type CarpVhidOptions, parseOptions } from './settings.js';
import type { CarpSoftcOwner } from './softc-owner.js';
import type { CarpReason, CarpState } from './state.js';
import * as status from './status.js';
import type { CarpVhid } from './vhid.js';
import type { CarpWords } from './wire/advertisement.js';
import { servedLladdr } from './wire/virtual-lladdr.js';

/** One vhid from the inside: FreeBSD's struct carp_softc. Its public face is {@link CarpVhid}. */
export class CarpSoftc
  implements
    CarpVhid,
    CarpMember,
    CarpCandidate,
    CarpOutputOwner,
    CarpStandingOwner,
    FitnessOwner,
    VipServiceOwner
{
  readonly protocol = 'carp';
  readonly virtualPrefix = 'carp';
  /** ucarp reads a bow-out up to 0.9 s late. */
  readonly successionTime = 1000;
  readonly vhid: number;
  readonly credentials: CarpCredentials;
  readonly machine: CarpMachine;
  readonly service: VipService;
  readonly handover: CarpVhidHandover;
  readonly heardMaster = new HeardMaster();
  readonly group: GroupMember;
  readonly output: CarpOutput;
  readonly fitness: Fitness;
  readonly standing: CarpStanding;
  readonly report: CarpFamilyReport;
  readonly #context: CarpContext;
  readonly #owner: CarpSoftcOwner;
  readonly #readiness: CarpReadiness;
  /** As given, with the password. */
  #options: CarpVhidOptions;
  #settings: CarpSettings;
  #reach: CarpReach;
  #carpIf: CarpInterface<CarpSoftc> | undefined;
  #removed = false;

  /** @throws CarpError ESETTINGS */
  constructor(context: CarpContext, options: CarpVhidOptions, owner: CarpSoftcOwner) {
    const { settings, keys } = parseOptions(options);
    this.#options = options;
    this.#context = context;
    this.#owner = owner;
    this.#settings = settings;
    this.vhid = settings.vhid;
    const { tunables, demotion } = context;
    this.credentials = new CarpCredentials(this, context, keys);
    context.rehearsal.play(settings);
    this.machine = new CarpMachine(new CarpElector(this, owner, context), context);
    const holdsBack = () => this.output.holdsBack || this.fitness.failing;
    this.group = new GroupMember(context.failoverGroups, this.machine, holdsBack);
    this.fitness = new Fitness(this, context);
    this.standing = new CarpStanding(this, { tunables, demotion, group: this.group });
    this.output = new CarpOutput(this, context);
    this.service = new VipService(this, context, (trouble) => this.fitness.served(trouble));
    this.#readiness = new CarpReadiness(this, context);
    this.report = new CarpFamilyReport(() => this.name, context);
    this.handover = new CarpVhidHandover(this, context, {
      standing: this.standing,
      readiness: this.#readiness,
      master: this.heardMaster,
      output: this.output,
      fitness: this.fitness,
      report: (change) => void (this.#removed || owner.stateChanged(change)),
    });
    this.#reach = reachOf(settings);
    this.group.join(settings.failoverGroup);
  }

  // ---- CarpVhid: its docstrings are in vhid.ts

  get name(): string {
    return `${this.vhid}@${this.ifname}`;
  }
  get ifname(): string {
    return this.#carpIf?.ifp.name ?? this.#settings.ifname;
  }
  get ifp(): Ifnet | undefined {
    return this.#carpIf?.ifp;
  }
  get state(): CarpState {
    return this.machine.state;
  }
  get since(): number {
    return this.machine.since;
  }
  get settings(): CarpSettings {
    return this.#settings;
  }
  get addresses(): readonly InetPrefix[] {
    return this.#settings.addresses;
  }
  get families(): readonly InetFamily[] {
    return this.#reach.families;
  }
  get muteFamilies(): readonly InetFamily[] {
    return this.output.muteFamilies;
  }
  get unheardFamilies(): readonly InetFamily[] {
    return this.machine.unheard;
  }
  get advbase(): number {
    return this.#settings.advbase;
  }
  get advskew(): number {
    return this.standing.advskew;
  }
  get demote(): number {
    return this.standing.demote;
  }
  get words(): CarpWords {
    return this.standing.words;
  }
  get priority(): number {
    return 255 - this.#settings.advskew;
  }
  get interval(): number {
    return this.machine.interval;
  }
  get deadTime(): number {
    return this.machine.deadTime;
  }
  get patience(): number {
    const { advbase, deadRatio } = this.#settings;
    return deadTime(advbase, 0, deadRatio);
  }
  /** carp(4) knows nothing else. */
  get accepts(): boolean {
    return true;
  }
  get servedLladdr(): Uint8Array | undefined {
    return servedLladdr(this.#settings);
  }
  get demotedBy(): readonly string[] {
    return this.#context.demotion.reasons(this);
  }
  get demotions(): readonly DemotionStatus[] {
    return this.standing.causes(this.#context.clock.now());
  }
  get preempt(): boolean {
    return this.#settings.preempt ?? this.#context.tunables.preempt.value;
  }

  setState(state: CarpState, reason: CarpReason = 'user requested via ifconfig'): void {
    if (!this.#removed) this.#owner.commanded(state);
    if (this.#removed) return;
    if (state === 'MASTER') return this.machine.takeOver(reason);
    this.#readiness.held = state === 'INIT';
    this.machine.relinquish(reason);
    if (state === 'INIT') this.machine.stop(reason);
    else this.evaluate('initialization complete');
  }

  configure(changes: CarpVhidChanges): void {
    if (this.#removed) throw new CarpError('ENOENT', `carp ${this.name}: has been removed`);
    const options = { ...this.#options, ...changes };
    const { settings, keys } = parseOptions(options);
    const former = this.#settings;
    this.#settings = settings;
    try {
      this.#refit();
    } catch (error) {
      this.#settings = former;
      this.#owner.restored(() => this.#refit());
      throw error;
    }
    this.credentials.setPasswords(keys);
    this.#options = options;
    this.credentials.follow();
    this.group.join(settings.failoverGroup);
    this.#applyWhileRunning(former);
    this.evaluate();
  }

  get master(): status.CarpMasterStatus | undefined {
    return this.state === 'BACKUP' ? this.heardMaster.status(this.#context.clock.now()) : undefined;
  }
  get evidence(): status.CarpEvidence {
    const now = this.#context.clock.now();
    const { watch, slowerSince: worseSince } = this.machine.capture();
    const masterDown = [watch[4].deadline, watch[6].deadline];
    const waits = { masterDown, worseSince, preemptDelay: this.#settings.preemptDelay };
    return { ...this.heardMaster.evidence(now), ...outlook(waits, now) };
  }

  toJSON(): status.CarpVhidStatus {
    return status.statusOf(this);
  }

  toString(): string {
    return this.name;
  }

  // ---- for CarpModule

  /** Its interface has arrived, or (undefined) departed; if it `waits`, only sockets are opened. @throws IfnetError */
  bind(carpIf: CarpInterface<CarpSoftc> | undefined, waits?: { readonly inherited: boolean }): void {
    if (carpIf === this.#carpIf) return;
    this.#carpIf = carpIf;
    this.pathsChanged();
    if (carpIf === undefined) {
      this.service.bind(undefined);
      this.evaluate();
      return;
    }
    try {
      carpIf.add(this, waits?.inherited);
      if (waits !== undefined) return;
      this.service.bind(carpIf.ifp);
    } catch (error) {
      carpIf.remove(this);
      this.#carpIf = undefined;
      throw error;
    }
    this.#readiness.arrived();
  }

  /** A MASTER bows out, alone of its failover group; after that nothing is sent. */
  remove(): void {
    if (this.#removed) return;
    this.group.join(undefined);
    this.machine.relinquish('shutting down');
    this.#removed = true;
    this.machine.stop('shutting down');
    // Usually done by the module's handler, which is already gone if the module is being unloaded.
    this.service.follow();
    this.standing.suppress(false);
    this.credentials.seals.end();
    this.#carpIf?.remove(this);
    this.#dispose();
  }

  /** Leaves everything as it is to a successor: nothing is sent, nothing taken off the interface. */
  give(): void {
    if (!this.#removed)
      for (const part of [this.service, this.output, this.fitness, this.standing]) part.give();
    this.#removed = true;
    this.#dispose();
  }

  /** To INIT if its interface does not work, before the host counts as demoted for it. */
  halt(): void {
    if (this.#acts && !this.#readiness.usable) this.machine.stop('hardware interface down');
  }

  /** If its interface works, that does not demote the host any longer. */
  restore(): void {
    if (this.#acts && this.#readiness.usable) this.standing.suppress(false);
  }

  /** FreeBSD's carp_sc_state: to INIT if it cannot work, to BACKUP if it can; `up`: the reason to give then. */
  evaluate(up: CarpReason = 'hardware interface up'): void {
    if (!this.#acts) return;
    this.halt();
    const { usable, ready } = this.#readiness;
    this.standing.suppress(!usable);
    if (ready) this.machine.start(up);
  }

  /** The machine slept for so many ms. */
  resumed(slept: number): void {
    this.credentials.seals.slept(slept);
    this.machine.resumed(slept);
  }

  get carpIf(): CarpInterface<CarpSoftc> | undefined {
    return this.#carpIf;
  }

  get successor(): Successor {
    return this.heardMaster.heardAt === undefined ? 'unheard' : 'heard';
  }

  // ---- CarpMember: for the interface

  heard({ family }: IpPacket, reception: CarpReception): void {
    const { advbase, advskew, demote, source, aliveOnly, arrivedAt } = reception;
    const bowsOut = this.heardMaster.note(reception, this.deadTime);
    if (bowsOut) this.#context.statistics.bowouts_heard.add();
    else if (!aliveOnly && this.#owner.heard(source, advertInterval(advbase, advskew))) return;
    const peer = { units: intervalUnits(advbase, advskew), demote, source };
    this.machine.heard(family, peer, aliveOnly, arrivedAt);
    if (this.output.owesWord(source)) this.output.answer(peer, this.machine.knowsBetter);
  }

  prefetch(): number {
    const { credentials, heardMaster, machine, standing } = this;
    return credentials.prefetch() + heardMaster.prefetch() + machine.prefetch() + standing.prefetch();
  }

  pathsChanged(): void {
    this.output.changed();
  }

  socketKind(family: InetFamily): CarpSocketKind | undefined {
    return this.#reach[family];
  }

  socketRenewed(family: InetFamily): void {
    this.machine.listenAgain(family);
  }

  get urgent(): boolean {
    return this.machine.urgent;
  }

  // ---- for the parts

  bowOut(): void {
    this.output.bowOut();
  }

  announce(): void {
    this.service.announce();
  }

  mute(family: InetFamily): void {
    this.report.mute(family);
  }

  impaired(): void {
    this.machine.advertiseNow();
    this.group.impair();
  }

  get hampered(): boolean {
    return this.output.hampered;
  }

  /** Whether it may do what others see. */
  get #acts(): boolean {
    return !this.#removed && !this.#context.succession.standby;
  }

  #dispose(): void {
    this.group.join(undefined);
    const parts = [this.machine, this.#readiness, this.service, this.output, this.fitness];
    for (const part of parts) part[Symbol.dispose]();
  }

  /** Brings sockets, filters, paths and the place of the addresses in line with the settings. */
  #refit(): void {
    this.#reach = reachOf(this.#settings);
    this.pathsChanged();
    this.#carpIf?.refresh();
    this.service.refit();
  }

  /** Removes addresses that left the settings, adds and announces new ones; the state stays. */
  #applyWhileRunning(former: CarpSettings): void {
    this.machine.rearm();
    if (this.state !== 'MASTER') return;
    this.service.follow();
    const added = this.addresses.some((prefix) => !former.addresses.some((old) => old.equals(prefix)));
    if (added) this.announce();
    this.machine.advertiseNow();
  }
}
