/**
 * Order when a vhid becomes MASTER: state, timers, advertisement, then carp_state_event (addresses, gratuitous ARP, other
 * handlers). Re-entry: a handler of that event may change the state again; everything is in place by then.
 *
 * Deadlines are judged by what the sockets hold, not by when this process ran: a master-down timer first reads the
 * sockets, and is a no-op if that moved it. A timer that is late by more than an advertisement interval means that the
 * process or the machine was paused; the vhid then listens once more. A MASTER that was paused longer than its peers
 * wait becomes BACKUP to find out whether it was replaced.
 *
 * @module
 */
import type { Callout } from '../../../core/time/index.js';
import type { InetAddress, InetFamily, Prefetched } from '../../ifnet/index.js';
import { alignToGrid } from '../../vip/index.js';
import type { CarpMachineState } from '../handover/schema.js';
import type { CarpReason, CarpState, CarpTakeoverReason } from '../state.js';
import { LinkBlip } from './blip.js';
import { type CarpContender, type CarpYield, contest } from './election.js';
import { advertInterval, deadTime, deadTimeUnits, unitsToMs } from './interval.js';
import { assertSound } from './invariants.js';
import type { CarpMachineNeeds, CarpMachineOwner } from './machine-owner.js';
import { type CarpVote, MasterWatch } from './master-watch.js';
import { DELAYED_GARP, isTooLong, MachineMemory } from './memory.js';
import { TieBreak } from './tie-break.js';

/** `rival`: we yield to it, and it may be yielding to us; `silence`: none was heard for a dead time. */
type Circumstances = { readonly rival?: InetAddress | undefined; readonly silence?: boolean };

/**
 * The state machine of one vhid: INIT, BACKUP, MASTER. It has one advertisement timer, and one master-down timer per
 * address family (FreeBSD ip_carp.c, carp_setrun and carp_input_c); master-watch.ts has what the families decide together.
 */
export class CarpMachine implements Disposable, Prefetched {
  state: CarpState = 'INIT';
  /** When the state was entered, on the kernel's clock in ms. */
  since: number;
  readonly #watch: MasterWatch;
  readonly #ad: Callout;
  readonly #tie: TieBreak;
  readonly #blip = new LinkBlip();
  readonly #memory = new MachineMemory();

  constructor(
    private readonly owner: CarpMachineOwner,
    private readonly needs: CarpMachineNeeds,
  ) {
    const { clock, random } = needs;
    this.since = clock.now();
    this.#tie = new TieBreak(random);
    this.#ad = clock.callout(`carp ${owner.name} advertisement`, () => this.#tick());
    this.#watch = new MasterWatch(clock, owner, (family, late) => this.#masterDown(family, late));
  }

  /** Milliseconds between our advertisements, demotion included. */
  get interval(): number {
    return advertInterval(this.owner.settings.advbase, this.owner.advskew);
  }

  /** Milliseconds of silence after which the master is taken for dead; demotion has no effect on it. */
  get deadTime(): number {
    const { advbase, advskew, deadRatio } = this.owner.settings;
    return deadTime(advbase, advskew, deadRatio);
  }

  /** Whether a BACKUP will take over before the next advertisement can be expected. */
  get urgent(): boolean {
    return this.#watch.endsBefore(this.needs.clock.now() + 1.5 * this.interval);
  }

  /** The families in which a BACKUP misses the master, which it hears in another. */
  get unheard(): readonly InetFamily[] {
    return this.#watch.unheard;
  }

  /** INIT to BACKUP; then MASTER if it was MASTER a moment ago and no peer can have taken over. */
  start(reason: CarpReason): void {
    if (this.state !== 'INIT') return;
    const inTime = this.#blip.back(this.needs.clock.now());
    this.#become('BACKUP', reason);
    if (inTime) this.takeOver('hardware interface back in time');
  }

  /** To INIT, from any state: nothing is sent, nothing expected. */
  stop(reason: CarpReason): void {
    this.#leave(reason);
    if (this.state !== 'INIT') this.#become('INIT', reason);
  }

  /** From BACKUP only, as FreeBSD. */
  takeOver(reason: CarpReason): void {
    if (this.state === 'BACKUP') this.#become('MASTER', reason);
  }

  /** From MASTER to BACKUP. @param bowOut whether to send one, so that a peer takes over at once */
  relinquish(reason: CarpReason, bowOut = this.owner.settings.bowOut): void {
    if (this.state !== 'MASTER') return;
    if (bowOut) this.owner.bowOut();
    this.#become('BACKUP', reason);
  }

  /** Advertises now if it is MASTER: demotion or an address has changed. */
  advertiseNow(): void {
    if (this.state !== 'MASTER') return;
    this.#advertise();
    this.#ad.reset(this.interval);
  }

  /** Before this process stands still: advertises if the last one is old. The next one stays due when it was. */
  speakAhead(): void {
    const now = this.needs.clock.now();
    if (this.state === 'MASTER' && this.#memory.spokeLongAgo(now, this.interval)) this.#advertise(now);
  }

  /**
   * Another MASTER was heard, here or by a vhid of the failover group: the neighbours may have learnt its link-layer
   * address. A MASTER announces its own within two intervals, and `atOnce` also now.
   */
  remind(atOnce: boolean): void {
    if (this.state !== 'MASTER') return;
    this.#memory.remind(this.#ad.deadline - this.needs.clock.now(), this.interval);
    if (atOnce) this.owner.announce(true);
  }

  /** Whether a master was heard lately that is better than we are. */
  get knowsBetter(): boolean {
    return this.#watch.knowsBetter(this.needs.clock.now(), this.deadTime);
  }

  /** An authentic advertisement, which came `at` that time. @param aliveOnly it may be a replay: good only for the timeout */
  heard(family: InetFamily, peer: CarpContender, aliveOnly: boolean, at = this.needs.clock.now()): void {
    const now = this.needs.clock.now();
    // A MASTER that was silent too long has lost its claim, whichever reports it first, its timer or its socket.
    if (this.#silentTooLong(now)) this.#standBack();
    if (this.state === 'INIT') return;
    if (this.#watch.heard(family, aliveOnly ? undefined : peer, at)) this.owner.heardAgain(family);
    this.#memory.paused = false;
    if (aliveOnly)
      return this.state === 'BACKUP' ? this.#alive(family, this.owner.contender(family), at) : undefined;
    // Asked of a MASTER alone: a host with a thousand BACKUPs hears more than its caches hold.
    if (this.state === 'MASTER' && this.#memory.isMute(this.owner.voice, peer, now, this))
      return this.#become('BACKUP', 'cannot advertise');
    const { settings, groupServes, families } = this.owner;
    const { state } = this;
    const own = this.owner.contender(family);
    const deadUnits = deadTimeUnits(settings.advbase, settings.advskew, settings.deadRatio);
    const preempt = this.#mayPreempt(own, peer, now);
    const dualStack = families.length > 1;
    const dialect = settings.election;
    const verdict = contest({ state, own, deadUnits, peer, preempt, groupServes, dualStack, dialect });
    switch (verdict.action) {
      case 'wait':
        if (this.#watch.followsGroup(family, peer, at)) return this.#claim(family, peer, 'failover group');
        this.#tie.heard(peer.source, now);
        this.#watch.follow(family);
        return this.#alive(family, own, at);
      case 'master':
        return this.#claim(family, peer, verdict.reason);
      case 'stay':
        return this.#stay(own, peer, now);
      case 'tie':
        this.#settle(family, verdict.won, peer, now);
        return this.#watch.follow(family);
      case 'backup':
        this.#yieldTo(peer, verdict, now);
        return this.#watch.follow(family);
    }
  }

  prefetch(): number {
    return this.#watch.prefetch() + Number(this.#memory.lastTried > 0);
  }

  /** Settings have changed: armed timers keep running (FreeBSD's SIOCSVH), except for families added or removed. */
  rearm(): void {
    if (this.state === 'BACKUP') this.#watch.fit((family) => this.#arm(family));
  }

  /** The family may have been deaf until now: its master has a dead time to be heard. */
  listenAgain(family: InetFamily): void {
    if (this.state === 'BACKUP' && this.owner.families.includes(family)) this.#arm(family);
  }

  /** The machine slept for so many ms, which the clock does not show: a MASTER listens, unless it or its group outlasts that. */
  resumed(slept: number): void {
    this.#blip.slept(slept);
    if (slept > this.interval) for (const family of this.owner.families) this.listenAgain(family);
    if (this.state !== 'MASTER') return;
    const stays = this.outlasts(slept) || this.owner.groupOutlasts(slept);
    this.#memory.slept(slept);
    return stays ? this.speakAhead() : this.#standBack();
  }

  /** Whether it has a claim as MASTER after the machine slept for so many ms. */
  outlasts(slept: number): boolean {
    return this.state === 'MASTER' && this.#memory.outlasts(slept, this.needs.clock, this);
  }

  /** All that a successor needs to go on. */
  capture(): CarpMachineState {
    const advertisement = this.#ad.pending ? this.#ad.deadline : null;
    const parts = { blip: this.#blip.capture(), tie: this.#tie.capture(), watch: this.#watch.capture() };
    return { state: this.state, since: this.since, advertisement, ...this.#memory.capture(), ...parts };
  }

  /** Goes on as a predecessor would have: nothing is sent and reported, and its timers run. For a new machine only. */
  adopt(state: CarpMachineState): void {
    this.state = state.state;
    this.since = state.since;
    this.#memory.adopt(state);
    this.#blip.adopt(state.blip);
    this.#tie.adopt(state.tie);
    this.#watch.adopt(state.watch);
    if (state.advertisement !== null) this.#ad.resetAt(state.advertisement);
  }

  /** For simulations. @throws Error if the timers do not fit the state */
  assertInvariants(): void {
    const { state, since, owner } = this;
    const advertisement = this.#ad.pending ? this.#ad.deadline : undefined;
    const timers = { state, since, advertisement, masterDown: this.#watch.deadlines };
    assertSound(owner, { ...timers, now: this.needs.clock.now() });
  }

  [Symbol.dispose](): void {
    this.#ad.stop();
    this.#watch[Symbol.dispose]();
  }

  /** Notes whether a MASTER may come back from INIT. Not one of a failover group, the rest of which has been handed over. */
  #leave(reason: CarpReason): void {
    const { advbase, deadRatio, failoverGroup } = this.owner.settings;
    if (reason !== 'hardware interface down' || failoverGroup !== undefined) return this.#blip.forget();
    if (this.state !== 'MASTER') return;
    const { lastSent, sentInterval: interval } = this.#memory;
    this.#blip.lost(this.needs.clock.now(), { lastSent, interval, advbase, deadRatio }, this.deadTime);
  }

  #mayPreempt(own: CarpContender, peer: CarpContender, now: number): boolean {
    const { preempt, groupServes } = this.owner;
    if (!preempt && !groupServes) return false;
    const slower = this.state === 'BACKUP' && own.units < peer.units + (groupServes ? 1 : 0);
    return this.#memory.waited(slower, now, this.owner.settings.preemptDelay);
  }

  /** We heard a worse master. We stay, remind the neighbours, and advertise if our last advertisement is old. */
  #stay(own: CarpContender, peer: CarpContender, now: number): void {
    if (own.units < peer.units && this.#memory.spokeLongAgo(now, this.interval)) this.advertiseNow();
    this.#reassert(peer, now);
  }

  #settle(family: InetFamily, won: boolean, peer: CarpContender, now: number): void {
    this.needs.statistics.ties.add();
    // It may be the last that is heard of the peer: the neighbours are reminded at least.
    if (!this.#tie.decides(family, peer.source, this.owner.families)) return this.#contested(false);
    const verdict = this.#tie.judge(won, peer.source, now, this.#memory.lastSent, this.interval);
    if (verdict === 'hold' || verdict === 'speak') return this.#holdOn(verdict);
    if (verdict === 'yield')
      return this.#become('BACKUP', 'more frequent advertisement received', { rival: peer.source });
    this.#ad.reset(this.#tie.answerDelay(this.interval));
    this.#reassert(peer, now);
  }

  /** We lost, but the peer may not have heard us, or may be yielding to us at this moment. */
  #holdOn(verdict: 'hold' | 'speak'): void {
    if (verdict === 'speak') this.#advertise();
    this.#ad.reset(this.interval + this.#tie.holdDelay(this.interval));
    this.#contested(false);
  }

  /**
   * We heard a better MASTER. One more advertisement (as ucarp does; FreeBSD and OpenBSD yield in silence) lets it know
   * that the neighbours may have learnt our link-layer address: after a partition it would know of no other MASTER, and
   * announce nothing.
   */
  #yieldTo(peer: CarpContender, { reason, crossing }: CarpYield, now: number): void {
    if (crossing && this.owner.settings.election === 'auto') {
      const slower = Math.max(this.interval, unitsToMs(peer.units));
      const verdict = this.#tie.judge(false, peer.source, now, this.#memory.lastSent, slower);
      if (verdict === 'hold' || verdict === 'speak') return this.#holdOn(verdict);
    }
    if (!crossing) this.#advertise();
    this.#become('BACKUP', reason, { rival: crossing ? peer.source : undefined });
  }

  /** ucarp: "Non-preferred master advertising: reasserting control". */
  #reassert(peer: CarpContender, now: number): void {
    if (!this.#memory.mayReassert(now, this.interval)) return;
    this.needs.statistics.reasserts.add();
    this.#contested(true);
    if (peer.source !== undefined) this.owner.reasserted(peer.source);
  }

  #contested(stays: boolean): void {
    this.remind(stays);
    this.owner.contested(stays);
  }

  #become(to: CarpState, reason: CarpReason, { rival, silence = false }: Circumstances = {}): void {
    const from = this.state;
    this.state = to;
    this.since = this.needs.clock.now();
    this.#memory.begin();
    this.#ad.stop();
    this.#watch.stop();
    // INIT hears no advertisement, so what a rival does meanwhile is unknown.
    if (from === 'MASTER' || to === 'INIT') this.#tie.end(rival, this.since);
    if (to === 'BACKUP') this.#enterBackup(rival !== undefined);
    if (to === 'MASTER') this.#enterMaster(silence);
    this.owner.stateChanged({ from, to, reason }, rival !== undefined);
  }

  #enterBackup(crossing: boolean): void {
    this.#memory.backoff = crossing ? this.#tie.backoff() : 0;
    for (const family of this.owner.families) this.#arm(family, this.since);
  }

  #enterMaster(silence: boolean): void {
    this.#tie.begin(silence, this.interval);
    this.#memory.announceIn = this.owner.settings.delayedGarp ? DELAYED_GARP : 0;
    this.needs.statistics.preempt.add();
    this.#ad.resetAt(alignToGrid(this.since + this.interval, this.interval));
    this.#advertise();
  }

  #arm(family: InetFamily, now = this.needs.clock.now(), own = this.owner.contender(family)): void {
    const { backoff } = this.#memory;
    const from = backoff === 0 ? now : Math.max(now, this.since + backoff * this.interval);
    const patience = this.#watch.patience(own, this.owner.settings);
    this.#watch.arm(family, from + Math.max(this.deadTime, patience), now);
  }

  /** The family's master is alive; another family may lack it. */
  #alive(family: InetFamily, own: CarpContender, at: number): void {
    this.#arm(family, at, own);
    for (const missing of this.#watch.missing()) this.owner.unheard(missing);
  }

  /** By what the peer says the family would take over, if that is its last word. */
  #claim(family: InetFamily, peer: CarpContender, reason: CarpTakeoverReason): void {
    this.owner.afterReading(() => {
      if (this.state === 'BACKUP' && this.#watch.counts(family, peer)) this.#vote(family, reason);
    });
  }

  /** The family would take over: a BACKUP does when the others would too. */
  #vote(family: InetFamily, vote: CarpVote): void {
    const reason = this.#watch.vote(family, vote);
    if (reason === undefined) return;
    const heard = this.#watch.mayClaim(reason, this.needs.clock.now(), this.deadTime);
    if (heard && this.owner.mayTakeOver(reason))
      return this.#become('MASTER', reason, { silence: reason === 'master timed out' });
    // Asked again with the next advertisement, or after a dead time.
    for (const each of this.owner.families) this.#arm(each);
    if (!heard) this.owner.unfit(reason);
  }

  #advertise(now = this.needs.clock.now(), interval = this.interval): boolean {
    return this.#memory.spoke(now, interval, this.owner.advertise(), this.needs.clock.wallTime());
  }

  /** The advertisement timer of a MASTER. */
  #tick(): void {
    const now = this.needs.clock.now();
    if (this.#silentTooLong(now)) {
      this.owner.drain();
      // What was read may have settled it: as BACKUP, or as MASTER again, to which the successor has yielded.
      if (this.#silentTooLong(now)) this.#standBack();
      return;
    }
    const due = this.#ad.deadline;
    const { interval } = this;
    // In step with the deadlines, so that lateness does not add up; from now if that is past.
    this.#ad.resetAt(now - due < interval / 2 ? due + interval : now + interval);
    const left = this.#advertise(now, interval);
    if (this.#memory.announceIn > 0 && --this.#memory.announceIn === 0) this.owner.announce();
    if (left) this.owner.advertised(now - due);
  }

  #silentTooLong(now: number): boolean {
    return this.state === 'MASTER' && isTooLong(now - this.#memory.lastTried, this);
  }

  /** Listens, to find out whether a peer has taken over. */
  #standBack(): void {
    this.needs.statistics.pauses.add();
    this.#become('BACKUP', 'resumed after a pause');
  }

  #masterDown(family: InetFamily, late: number): void {
    this.owner.drain(late);
    if (this.state !== 'BACKUP' || this.#watch.waits(family)) return;
    if (late > this.interval && !this.#memory.paused) {
      this.needs.statistics.pauses.add();
      for (const each of this.owner.families) this.#arm(each);
      this.#memory.paused = true;
      return;
    }
    this.#vote(family, 'master timed out');
  }
}
