/**
 * Order when a virtual router becomes MASTER: state, timers, advertisement, then vrrp_state_event (addresses, gratuitous
 * ARP, other handlers). Re-entry: a handler of that event may change the state again; everything is in place by then.
 *
 * Deadlines are judged by what the socket holds, not by when this process ran: the master-down timer first reads the
 * socket, and is a no-op if that moved it. A timer that is late by more than an interval means that the process or the
 * machine was paused; the router then listens once more. A MASTER that was silent longer than its peers wait becomes
 * BACKUP, to find out whether it was replaced.
 *
 * @module
 */
import type { Callout } from '../../../core/time/index.js';
import type { Prefetched } from '../../ifnet/index.js';
import {
  AnswerLimit,
  alignToGrid,
  type GroupMachine,
  type TakeoverOccasion,
  TakeoverTimer,
  timeToJson,
} from '../../vip/index.js';
import type { VrrpMachineState } from '../handover/schema.js';
import { beatenReason, mayBeMutual, takeoverReason, type VrrpReason, type VrrpState } from '../state.js';
import { VRRP_PRIORITY_OWNER, VRRP_PRIORITY_STOP } from '../wire/header.js';
import { contest, isWorse, type VrrpSide } from './contest.js';
import { HeardMaster, type VrrpHeard } from './heard-master.js';
import { violations } from './invariants.js';
import type { VrrpMachineNeeds, VrrpMachineOwner } from './machine-owner.js';
import { OwnWords } from './own-words.js';
import { downTime, isTooLong, respiteTime, skewTime, successionTime } from './timers.js';

/** The neighbours are reminded a second time with the second advertisement after a contest. */
const DELAYED_ANNOUNCEMENT = 2;

/** The state machine of one virtual router: RFC 9568 section 6.4, with RFC 3768's times for version 2. */
export class VrrpMachine implements GroupMachine, Prefetched, Disposable {
  state: VrrpState = 'INIT';
  /** When the state was entered, on the kernel's clock in ms. */
  since: number;
  readonly master = new HeardMaster();
  /** By how many ms the last master-down timer was late. */
  timerLate = 0;
  /** Adver_Timer: runs in MASTER. */
  readonly #ad: Callout;
  /** Active_Down_Timer: runs in BACKUP. */
  readonly #down: TakeoverTimer;
  /** The interval of the master of version 3 that a BACKUP follows, in ms. */
  #learnt: number | undefined;
  /** By how many ms it waits longer for the winner that it has yielded to. No successor needs it: the armed timer has it. */
  #respite = 0;
  /** The priority that the master-down timer was set for; as MASTER, the one said last before priority 0. */
  #priority = 0;
  /** What a takeover by that timer would be. */
  #occasion: TakeoverOccasion = 'silence';
  /** Since when a BACKUP that may preempt hears a worse master. */
  #lowerSince: number | undefined;
  #paused = false;
  readonly #words = new OwnWords();
  readonly #answers = new AnswerLimit();
  #announceIn = 0;

  constructor(
    private readonly owner: VrrpMachineOwner,
    private readonly needs: VrrpMachineNeeds,
  ) {
    const { clock } = needs;
    this.since = clock.now();
    this.#ad = clock.callout(`vrrp ${owner.name} advertisement`, () => this.#tick());
    this.#down = new TakeoverTimer(clock, {
      name: () => `vrrp ${owner.name} master down`,
      rehearse: () => this.#rehearse(),
      expired: () => this.#masterDown(),
    });
  }

  /** Milliseconds between the master's advertisements: as BACKUP of version 3 those of the master that it follows. */
  get interval(): number {
    return this.#learnt ?? this.owner.settings.interval;
  }

  /** Milliseconds of silence after which the master is taken for dead. */
  get deadTime(): number {
    const { version, downAdverts } = this.owner.settings;
    return downTime(version, this.owner.priority, this.interval, downAdverts);
  }

  /** Whether a master that was heard lately is better than we are. */
  get knowsBetter(): boolean {
    return this.master.isBetter(this.owner, this.needs.clock.now(), this.deadTime);
  }

  /** From INIT: an owner becomes MASTER at once, others BACKUP (RFC 9568 section 6.4.1). */
  start(reason: VrrpReason): void {
    if (this.state !== 'INIT') return;
    if (this.owner.priority === VRRP_PRIORITY_OWNER && this.owner.mayTakeOver('silence'))
      this.#become('MASTER', 'owner of the addresses');
    else this.#become('BACKUP', reason);
  }

  /** To INIT, from any state: nothing is sent, nothing expected. */
  stop(reason: VrrpReason): void {
    if (this.state !== 'INIT') this.#become('INIT', reason);
  }

  /** From BACKUP only. */
  takeOver(reason: VrrpReason): void {
    if (this.state === 'BACKUP') this.#become('MASTER', reason);
  }

  /** From MASTER to BACKUP. @param bowOut whether to send priority 0, so that a peer takes over at once */
  relinquish(reason: VrrpReason, bowOut = true): void {
    if (this.state !== 'MASTER') return;
    if (bowOut) this.owner.resign();
    this.#become('BACKUP', reason);
  }

  /** Says priority 0, but stays MASTER until a peer that takes over is heard, or its next advertisement. */
  bowOut(): void {
    if (this.state !== 'MASTER') return;
    this.owner.resign();
    this.#ad.reset(successionTime(this.owner.settings.interval));
  }

  /** Advertises now if it is MASTER. */
  advertiseNow(): void {
    if (this.state !== 'MASTER') return;
    this.#advertise();
    this.#ad.reset(this.interval);
  }

  /** The priority may have changed: a MASTER says so, a BACKUP waits for so much longer or shorter, as keepalived's. */
  priorityChanged(): void {
    if (this.owner.priority === this.#priority || this.state === 'INIT') return;
    if (this.state === 'MASTER') return this.advertiseNow();
    const skew = (priority: number) => skewTime(this.owner.settings.version, priority, this.interval);
    const now = this.needs.clock.now();
    const moved = this.#down.deadline + skew(this.owner.priority) - skew(this.#priority);
    this.#priority = this.owner.priority;
    this.#down.arm(Math.max(now, moved), now);
  }

  /** Settings have changed. A BACKUP waits anew: the interval may be another. */
  rearm(): void {
    this.#lowerSince = undefined;
    if (this.state === 'BACKUP') this.#arm(this.needs.clock.now());
  }

  /** A MASTER announces its addresses with the second advertisement from now, and `atOnce` also now. */
  remind(atOnce: boolean): void {
    if (this.state !== 'MASTER') return;
    this.#announceIn = DELAYED_ANNOUNCEMENT;
    if (atOnce) this.owner.announce();
  }

  /** A valid advertisement for this virtual router. @param at when it came to this host: deadlines count from then */
  heard(peer: VrrpHeard, at = this.needs.clock.now()): void {
    const now = this.needs.clock.now();
    // A MASTER that was silent too long, or whose words did not leave, has lost its claim to the one that speaks.
    if (this.#silentTooLong(now)) this.#standBack(peer);
    else if (this.#silentTooLong(now, Math.max(this.since, this.#words.leftAt)))
      this.#become('BACKUP', 'cannot advertise');
    if (this.state === 'INIT') return;
    this.#paused = false;
    if (peer.priority === VRRP_PRIORITY_STOP) this.needs.statistics.prio_zero_heard.add();
    switch (contest(this.state, this.owner, peer, this.#mayPreempt(peer, now))) {
      case 'hurry':
        return this.#hurry(at);
      case 'follow':
        return this.#follow(peer, at);
      case 'discard':
        this.master.note(peer, at);
        this.#occasion = 'contest';
        return undefined;
      case 'assert':
        return this.#assert(peer, now);
      case 'yield':
        return this.#yieldTo(peer, now);
    }
  }

  prefetch(): number {
    return this.#down.prefetch() + this.master.prefetch() + Number(this.#words.triedAt > this.#words.leftAt);
  }

  /** The machine slept for so many ms, which the clock does not show: a MASTER listens, unless it or its group outlasts that. */
  resumed(slept: number): void {
    const now = this.needs.clock.now();
    if (this.state === 'BACKUP' && slept > this.interval) this.#arm(now);
    if (this.state !== 'MASTER' || this.#words.saidSince(slept, this.needs.clock)) return;
    const stays = this.outlasts(slept) || this.owner.groupOutlasts(slept);
    this.#words.slept(slept);
    if (!stays) this.#standBack();
    // The next one stays due when it was.
    else if (now - this.#words.triedAt > this.interval / 2) this.#advertise(now);
  }

  /** Whether it has a claim as MASTER after the machine slept for so many ms. */
  outlasts(slept: number): boolean {
    return this.state === 'MASTER' && this.#words.outlast(slept, this.needs.clock, this.owner.settings);
  }

  capture(): VrrpMachineState {
    return {
      state: this.state,
      since: this.since,
      advertisement: this.#ad.pending ? this.#ad.deadline : null,
      masterDown: this.#down.pending ? this.#down.deadline : null,
      learnt: this.#learnt ?? null,
      priority: this.#priority,
      occasion: this.#occasion,
      lowerSince: timeToJson(this.#lowerSince),
      paused: this.#paused,
      ...this.#words.capture(),
      answers: [...this.#answers.capture()],
      announceIn: this.#announceIn,
      master: this.master.capture(),
    };
  }

  /** Goes on as a predecessor would have: nothing is sent and reported, and its timers run. For a new machine only. */
  adopt(state: VrrpMachineState): void {
    this.state = state.state;
    this.since = state.since;
    this.#learnt = state.learnt ?? undefined;
    this.#priority = state.priority;
    this.#occasion = state.occasion;
    this.#lowerSince = state.lowerSince ?? undefined;
    this.#paused = state.paused;
    this.#words.adopt(state);
    this.#answers.adopt(state.answers);
    this.#announceIn = state.announceIn;
    this.master.adopt(state.master);
    if (state.advertisement !== null) this.#ad.resetAt(state.advertisement);
    if (state.masterDown !== null) this.#down.arm(state.masterDown);
  }

  /** For simulations. @throws Error if the timers do not fit the state */
  assertInvariants(): void {
    const found = violations({
      state: this.state,
      since: this.since,
      now: this.needs.clock.now(),
      advertisement: this.#ad.pending ? this.#ad.deadline : undefined,
      masterDown: this.#down.pending ? this.#down.deadline : undefined,
      learnt: this.#learnt,
    });
    if (found.length > 0) throw new Error(`${this.owner.name}: ${found.join('; ')}`);
  }

  [Symbol.dispose](): void {
    this.#ad[Symbol.dispose]();
    this.#down[Symbol.dispose]();
  }

  // ---- details

  /** The delay counts from the first advertisement of a worse master. */
  #mayPreempt(peer: VrrpSide, now: number): boolean {
    if (!this.owner.preempt) return false;
    const worse = this.state === 'BACKUP' && peer.priority > VRRP_PRIORITY_STOP && isWorse(peer, this.owner);
    if (!worse) this.#lowerSince = undefined;
    else this.#lowerSince ??= now;
    return this.#lowerSince === undefined || now - this.#lowerSince >= this.owner.settings.preemptDelay;
  }

  /** The master stops: it is waited for no longer than the skew (RFC 9568 section 6.4.2). */
  #hurry(at: number): void {
    this.master.forget();
    this.#priority = this.owner.priority;
    this.#occasion = 'bow-out';
    this.#down.arm(at + skewTime(this.owner.settings.version, this.#priority, this.interval), at);
  }

  #follow(peer: VrrpHeard, at: number): void {
    this.master.note(peer, at);
    // Version 2 goes by its own interval, which must be the same everywhere.
    if (this.owner.settings.version === 3) this.#learnt = peer.interval;
    this.#arm(at);
  }

  /** As MASTER we heard one that stops, or a worse one, which hears from us since RFC 9568 (6.4.3). The neighbours do of both. */
  #assert(peer: VrrpHeard, now: number): void {
    const answers = this.#answers.take(now, this.interval);
    const speaks = answers && this.owner.settings.version === 3;
    if (speaks || peer.priority === VRRP_PRIORITY_STOP) this.advertiseNow();
    if (!answers) return;
    this.needs.statistics.asserts.add();
    this.remind(true);
    this.owner.contested(true);
  }

  /**
   * We heard a better MASTER. One more advertisement lets it know that the neighbours may have learnt our link-layer
   * address: keepalived announces its own then (its higher_prio_send_advert does the same), and so does our peer's failover
   * group, of which only we may have been heard. It has the interval of that MASTER: others of our priority follow us once
   * more, and would take its longer one for silence.
   */
  #yieldTo(peer: VrrpHeard, now: number): void {
    if (this.owner.leavesTraces) this.owner.advertise(peer.interval);
    this.owner.contested(false);
    this.master.note(peer, now);
    const learnt = this.owner.settings.version === 3 ? peer.interval : undefined;
    this.#become('BACKUP', beatenReason(peer.priority === this.owner.priority), learnt);
  }

  #become(to: VrrpState, reason: VrrpReason, learnt?: number): void {
    const from = this.state;
    this.state = to;
    this.since = this.needs.clock.now();
    this.#lowerSince = undefined;
    this.#learnt = learnt;
    this.#paused = false;
    this.#ad.stop();
    this.#down.stop();
    if (to !== 'BACKUP') this.master.forget();
    const isMutual = mayBeMutual(reason, this.owner.groupServes);
    this.#respite = isMutual ? respiteTime(this.interval, this.needs.random) : 0;
    if (to === 'BACKUP') this.#arm(this.since);
    if (to === 'MASTER') this.#enterMaster();
    this.owner.stateChanged({ from, to, reason });
  }

  #enterMaster(): void {
    this.needs.statistics.become_master.add();
    this.#announceIn = DELAYED_ANNOUNCEMENT;
    this.#ad.resetAt(alignToGrid(this.since + this.interval, this.interval));
    this.#advertise();
  }

  /** What came within half an interval may have been said before the winner stepped down. */
  #arm(now: number): void {
    this.#priority = this.owner.priority;
    this.#occasion = 'silence';
    const respite = now - this.since < this.interval / 2 ? this.#respite : 0;
    this.#down.arm(now + this.deadTime + respite, now);
  }

  /** @returns whether it has left */
  #advertise(now = this.needs.clock.now()): boolean {
    const left = this.owner.advertise();
    this.#priority = this.owner.priority;
    this.#words.said(this.needs.clock, now, left);
    return left;
  }

  /** Adver_Timer of a MASTER. */
  #tick(): void {
    const now = this.needs.clock.now();
    if (this.#silentTooLong(now)) {
      this.owner.drain();
      // What was read may have settled it.
      if (this.#silentTooLong(now)) this.#standBack();
      return;
    }
    const due = this.#ad.deadline;
    const { interval } = this;
    // In step with the deadlines, so that lateness does not add up; from now if that is past.
    this.#ad.resetAt(now - due < interval / 2 ? due + interval : now + interval);
    const left = this.#advertise(now);
    if (this.#announceIn > 0 && --this.#announceIn === 0) this.owner.announce();
    if (left) this.owner.advertised(now - due);
  }

  /** The master is about to be taken for dead, unless the socket holds an advertisement. */
  #rehearse(): void {
    const due = this.#down.deadline;
    this.owner.drain();
    if (this.#down.pending && this.#down.deadline === due) this.owner.rehearse();
  }

  /** Active_Down_Timer of a BACKUP. */
  #masterDown(): void {
    const due = this.#down.deadline;
    const now = this.needs.clock.now();
    this.timerLate = now - due;
    this.owner.drain();
    if (this.state !== 'BACKUP' || this.#down.pending) return;
    if (now - due > this.interval && !this.#paused) {
      this.needs.statistics.pauses.add();
      this.#arm(now);
      this.#paused = true;
      return;
    }
    const reason = takeoverReason(this.#occasion, this.master.last?.priority === this.owner.priority);
    if (this.owner.mayTakeOver(this.#occasion)) return this.#become('MASTER', reason);
    this.#arm(now);
  }

  /** Whether a MASTER was silent longer than its peers wait. @param since its last word, which may not have left */
  #silentTooLong(now: number, since = this.#words.triedAt): boolean {
    return this.state === 'MASTER' && isTooLong(now - since, this.owner.settings);
  }

  /** Listens, to find out whether a peer has taken over. @param peer one that has, most likely */
  #standBack(peer?: VrrpHeard): void {
    this.needs.statistics.pauses.add();
    if (peer !== undefined) this.owner.standBack(peer);
    this.#become('BACKUP', 'resumed after a pause');
  }
}
