/**
 * CarpVhid: one virtual host on one interface, FreeBSD's struct carp_softc. It holds the settings and puts the parts
 * together: receiver → machine → sender, and what the clients get (CarpService).
 *
 * It is in INIT while its interface is missing, down or without link, while net.inet.carp.allow is 0, during its
 * start-up delay, and when told so. Of the settings all but interface and vhid can change while it runs; no change
 * makes it leave its state.
 */
import type { Callout } from '../../core/time/index.js';
import type { Ifnet, InetAddress, InetFamily, InetPrefix, IpPacket } from '../ifnet/index.js';
import type { CarpContext } from './context.js';
import { CarpStanding } from './demotion/standing.js';
import type { CarpContender } from './election/election.js';
import { intervalUnits } from './election/interval.js';
import { CarpMachine } from './election/machine.js';
import type { CarpReason, CarpState, CarpStateChange } from './events.js';
import { sameHashed } from './hashed.js';
import type { CarpInterface } from './link/carp-if.js';
import { CarpOutput } from './link/output.js';
import { type CarpReach, type CarpSocketKind, reachOf } from './link/reach.js';
import { CarpReplayGuard } from './link/replay.js';
import { CarpService } from './service/service.js';
import { type CarpSettings, type CarpVhidChanges, type CarpVhidOptions, parseOptions } from './settings.js';
import { type CarpVhidStatus, statusOf } from './status.js';
import { CarpAuthenticator } from './wire/authenticator.js';
import { CarpCounter } from './wire/counter.js';
import { CARP_BOW_OUT } from './wire/header.js';

/** How long the digests of former addresses are accepted, in ms: time to give the other hosts the new ones. */
const FORMER_ADDRESSES = 60_000;

export class CarpVhid {
  readonly vhid: number;
  /** @internal */
  readonly authenticator: CarpAuthenticator;
  /** @internal */
  readonly counter: CarpCounter;
  /** @internal */
  readonly replay: CarpReplayGuard;
  /** @internal */
  readonly service: CarpService;
  readonly #context: CarpContext;
  readonly #machine: CarpMachine;
  readonly #output: CarpOutput;
  readonly #standing: CarpStanding;
  readonly #startup: Callout;
  /** With the password; the rest is in `settings`. */
  #options: CarpVhidOptions;
  #settings: CarpSettings;
  #reach: CarpReach;
  #carpIf: CarpInterface | undefined;
  #started = false;
  #held = false;
  #removed = false;

  /** Made by CarpModule.create. */
  constructor(context: CarpContext, options: CarpVhidOptions) {
    const { settings, key } = parseOptions(options);
    this.#options = options;
    this.#context = context;
    this.#settings = settings;
    this.vhid = settings.vhid;
    const { clock, random } = context;
    this.authenticator = new CarpAuthenticator(settings, key, context.hmacWork);
    this.counter = new CarpCounter(random, clock.wallTime());
    this.replay = new CarpReplayGuard(settings.replay);
    this.#standing = new CarpStanding(this, context);
    this.#output = new CarpOutput(this, context);
    this.#machine = new CarpMachine(this, context);
    this.service = new CarpService(this, context);
    this.#startup = clock.callout(`carp ${this.name} start-up`, () => this.#startedUp());
    this.#reach = reachOf(settings);
    this.#regroup(undefined, settings.failoverGroup);
  }

  // ---- what everybody may know

  /** `1@eth0`, as in devctl's records and FreeBSD's log. */
  get name(): string {
    return `${this.vhid}@${this.ifname}`;
  }
  get ifname(): string {
    return this.#carpIf?.ifp.name ?? this.#settings.ifname;
  }
  /** The interface, while it is there. */
  get ifp(): Ifnet | undefined {
    return this.#carpIf?.ifp;
  }
  get state(): CarpState {
    return this.#machine.state;
  }
  /** When the state was entered, on the kernel's clock in ms. */
  get since(): number {
    return this.#machine.since;
  }
  /** The settings in force, defaults filled in. The password is not among them. */
  get settings(): CarpSettings {
    return this.#settings;
  }
  get addresses(): readonly InetPrefix[] {
    return this.#settings.addresses;
  }
  get families(): readonly InetFamily[] {
    return this.#reach.families;
  }
  get advbase(): number {
    return this.#settings.advbase;
  }
  /** As sent: with demotion. */
  get advskew(): number {
    return this.#standing.advskew;
  }
  /** OpenBSD's demotion byte, as sent. */
  get demote(): number {
    return this.#standing.demote;
  }
  /** Milliseconds between advertisements, with demotion. */
  get interval(): number {
    return this.#machine.interval;
  }
  /** Milliseconds of silence after which the master is taken for dead. */
  get deadTime(): number {
    return this.#machine.deadTime;
  }
  /** Whether it takes over from slower masters. */
  get preempt(): boolean {
    return this.#settings.preempt ?? this.#context.tunables.preempt.value;
  }

  // ---- what its owner may do

  /**
   * ifconfig's `state`. MASTER takes over, from BACKUP only; the next better advertisement ends it. BACKUP leaves
   * MASTER with a bow-out (unless switched off) and comes back after a dead time if nobody takes over. INIT stays until
   * BACKUP is asked for.
   */
  setState(state: CarpState, reason: CarpReason = 'user requested via ifconfig'): void {
    if (this.#removed) return;
    if (state === 'MASTER') return this.#machine.takeOver(reason);
    this.#held = state === 'INIT';
    this.#machine.relinquish(reason);
    if (this.#held) this.#machine.stop(reason);
    else this.evaluate('initialization complete');
  }

  /**
   * Changes settings while it runs: intervals when timers are next armed, all else at once; the peers may use the former
   * addresses for another minute. Throws CarpError ESETTINGS (EEXIST where something has the name of the vhid's virtual
   * interface) or IfnetError, and nothing has changed then.
   */
  configure(changes: CarpVhidChanges): void {
    const options = { ...this.#options, ...changes };
    const { settings, key } = parseOptions(options);
    const former = this.#settings;
    this.#settings = settings;
    try {
      this.#refit();
    } catch (error) {
      this.#settings = former;
      this.#refit();
      throw error;
    }
    const rekeyed = options.password !== this.#options.password;
    this.#options = options;
    if (rekeyed) {
      this.authenticator.setKey(key);
      this.replay.reset();
    }
    if (!sameHashed(former, settings)) {
      this.authenticator.setHashed(settings, this.#context.clock.now() + FORMER_ADDRESSES);
    }
    this.authenticator.setDialect(settings.election);
    this.replay.mode = settings.replay;
    this.#regroup(former.failoverGroup, settings.failoverGroup);
    this.#applyWhileRunning(former);
  }

  /** For programs and `--json`. */
  toJSON(): CarpVhidStatus {
    return statusOf(this);
  }

  toString(): string {
    return this.name;
  }

  // ---- the module's side

  /** @internal Its interface is there (or not any more). Throws IfnetError when sockets cannot be opened. */
  bind(carpIf: CarpInterface | undefined): void {
    if (carpIf === this.#carpIf) return;
    this.#carpIf = carpIf;
    this.pathsChanged();
    if (carpIf === undefined) {
      this.service.bind(undefined);
      this.evaluate('hardware interface down');
      return;
    }
    try {
      carpIf.add(this);
      this.service.bind(carpIf.ifp);
    } catch (error) {
      carpIf.remove(this);
      this.#carpIf = undefined;
      throw error;
    }
    this.#begin();
  }

  /** @internal Nothing is sent any more; a MASTER bows out. */
  remove(): void {
    if (this.#removed) return;
    this.#machine.relinquish('shutting down');
    this.#removed = true;
    this.#machine.stop('shutting down');
    // Usually done by the module's handler; when the module is being unloaded, that is gone already.
    this.service.follow();
    this.#standing.suppress(false);
    this.#output.reset();
    this.#carpIf?.remove(this);
    this.#regroup(this.#settings.failoverGroup, undefined);
    for (const part of [this.#machine, this.#startup, this.service]) part[Symbol.dispose]();
  }

  /** @internal FreeBSD's carp_sc_state: INIT if it cannot work, BACKUP if it can. */
  evaluate(up: CarpReason): void {
    if (this.#removed) return;
    const usable = this.#usable;
    if (!usable) this.#machine.stop('hardware interface down');
    this.#standing.suppress(!usable || this.service.failing);
    if (usable && this.#started && !this.#held) this.#machine.start(up);
  }

  /** @internal The machine was suspended for `slept` ms. */
  resumed(slept: number): void {
    this.#machine.resumed(slept);
  }

  /** @internal A MASTER says at once that demotion has changed. */
  advertiseNow(): void {
    this.#machine.advertiseNow();
  }

  /** @internal Long enough, version and vhid are right. */
  input(packet: IpPacket): void {
    const reception = this.#carpIf?.receiver.accept(packet, this);
    if (reception === undefined) return;
    const { advbase, advskew, demote, aliveOnly } = reception;
    if (advbase === CARP_BOW_OUT && advskew === CARP_BOW_OUT) this.#context.statistics.bowouts_heard.add();
    const peer = { units: intervalUnits(advbase, advskew), demote, source: packet.source };
    this.#machine.heard(packet.family, peer, aliveOnly);
  }

  /** @internal Sources, sockets or peers have changed: look again when next sending. */
  pathsChanged(): void {
    this.#output.changed();
  }

  /** @internal */
  announce(): void {
    this.service.announce();
  }

  /** @internal Another of its failover group stopped being MASTER; `succeeded`: it yielded to a better one. */
  followDown(succeeded: boolean): void {
    this.#machine.relinquish('failover group', succeeded ? false : undefined);
  }

  /** @internal Another of its failover group became MASTER. */
  followUp(): void {
    if (!this.#machine.knowsBetter) this.#machine.takeOver('failover group');
  }

  /** @internal Another of its failover group heard another MASTER; `stays`: which will have to yield. */
  followContest(stays: boolean): void {
    this.#machine.remind(stays);
  }

  // ---- what its parts ask

  /** @internal */
  get carpIf(): CarpInterface | undefined {
    return this.#carpIf;
  }

  /** @internal */
  socketKind(family: InetFamily): CarpSocketKind | undefined {
    return this.#reach[family];
  }

  /** @internal */
  unicast(family: InetFamily): boolean {
    return this.#reach[family] === 'unicast';
  }

  /** @internal */
  isOwn(address: InetAddress): boolean {
    return this.#carpIf?.isOwn(address) === true;
  }

  /** @internal */
  refused(source: InetAddress): void {
    this.#carpIf?.refused(source);
  }

  /** @internal */
  get urgent(): boolean {
    return this.#machine.urgent;
  }

  /** @internal How we look to the others. */
  contender(family: InetFamily): CarpContender {
    return this.#standing.contender(this.#output.source(family));
  }

  /** @internal */
  advertise(): void {
    this.#output.send(this.#settings.advbase, this.advskew, this.demote);
  }

  /** @internal The bow-out: every BACKUP takes it for a master that will time out (OpenBSD's carp_ioctl sends it). */
  bowOut(): void {
    this.#context.statistics.bowouts.add();
    this.#output.send(CARP_BOW_OUT, CARP_BOW_OUT, this.demote);
  }

  /** @internal */
  drain(): void {
    this.#carpIf?.drain();
  }

  /** @internal */
  contested(stays: boolean): void {
    const group = this.#settings.failoverGroup;
    if (group !== undefined) this.#context.failoverGroups.contested(group, this, stays);
  }

  /** @internal */
  reasserted(peer: InetAddress): void {
    this.#context.reasserted(this, peer);
  }

  /** @internal */
  stateChanged(change: CarpStateChange): void {
    this.#context.stateChanged(this, change);
    const group = this.#settings.failoverGroup;
    if (group !== undefined) this.#context.failoverGroups.follow(group, this, change);
  }

  // ---- details

  get #usable(): boolean {
    const { ifp } = this;
    if (!ifp?.attached || !ifp.flags.up || !this.#context.tunables.allow.value) return false;
    return this.#settings.ignoreLinkState || ifp.linkState !== 'DOWN';
  }

  /** Sockets, filters, paths and the place of the addresses in line with the settings. */
  #refit(): void {
    this.#reach = reachOf(this.#settings);
    this.pathsChanged();
    this.#carpIf?.refresh();
    this.service.refit();
  }

  /** Addresses that left the settings go, new ones come and are announced; the state stays. */
  #applyWhileRunning(former: CarpSettings): void {
    this.#machine.rearm();
    if (this.state !== 'MASTER') return;
    this.service.follow();
    const added = this.addresses.some((prefix) => !former.addresses.some((old) => old.equals(prefix)));
    if (added) this.announce();
    this.advertiseNow();
  }

  #regroup(from: string | undefined, to: string | undefined): void {
    if (from !== undefined) this.#context.failoverGroups.leave(from, this);
    if (to !== undefined) this.#context.failoverGroups.join(to, this);
  }

  /** The first time the interface is there: after the start-up delay. */
  #begin(): void {
    const { startupDelay } = this.#settings;
    if (this.#started || this.#startup.pending) return this.evaluate('hardware interface up');
    if (startupDelay > 0) this.#startup.reset(startupDelay);
    else this.#startedUp();
  }

  #startedUp(): void {
    this.#started = true;
    this.evaluate('initialization complete');
  }
}
