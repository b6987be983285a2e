/**
 * The master as a BACKUP hears it, family by family.
 *
 * FreeBSD keeps one master-down timer per family too (sc_md_tmo, sc_md6_tmo), but takes over when either fires: a
 * family that is deaf on one side then makes a second MASTER every dead time. Here each family only votes. It votes to
 * take over when its timer fires, or when an advertisement heard in it calls for that (a worse master, a bow-out); an
 * advertisement of a master to wait for takes the vote back. The BACKUP takes over when all families have voted.
 *
 * Each host may have the lower address in one family. A tie with a master that is heard in both is settled by IPv4 alone, as
 * between two MASTERs (tie-break.ts).
 *
 * @module
 */
import type { Clock } from '../../../core/time/index.js';
import { InetAddress, type InetFamily, type Prefetched } from '../../ifnet/index.js';
import { TakeoverTimer, timeFromJson, timeToJson } from '../../vip/index.js';
import type { CarpWatchState } from '../handover/schema.js';
import type { CarpSettings } from '../settings.js';
import type { CarpTakeoverReason, CarpVoice } from '../state.js';
import { BOW_OUT_UNITS, type CarpContender, isBeaten, isWorse } from './election.js';
import { deadTimeUnitsOf, unitsToMs } from './interval.js';

/** Why a family votes to take over. */
export type CarpVote = CarpTakeoverReason | 'master timed out';

/** The vhid whose master is watched. */
export interface MasterWatchOwner {
  readonly name: string;
  /** The families of the vhid's addresses. */
  readonly families: readonly InetFamily[];
  /** How it can advertise, in the family in which it can do so best. */
  readonly voice: CarpVoice;
  /** Whether another vhid of its failover group is MASTER. */
  readonly groupServes: boolean;
  readonly settings: Pick<CarpSettings, 'election' | 'addresses'>;
  /** Our side of an election. */
  contender(family: InetFamily): CarpContender;
  /** Called shortly before the master is taken for dead, to rehearse the takeover. */
  rehearse(): void;
}

/** What one family hears of the master. */
interface Ear {
  readonly timer: TakeoverTimer;
  /** Its vote since the timer was last armed; undefined: it has not voted. */
  vote: CarpVote | undefined;
  /** When it last heard an advertisement, in ms. */
  heardAt: number;
  /** The sender of that advertisement. */
  peer: CarpContender | undefined;
  /** The master that the vhid waits for or has yielded to, as the last such advertisement described it. */
  followed: CarpContender | undefined;
  /** When that advertisement was heard, in ms. */
  followedAt: number;
  /** Its timer has fired, but the other family hears the master. */
  misses: boolean;
}

/**
 * How many of its own intervals a master counts as alive after an advertisement: this host may have missed one. A peer
 * takes over from a dead master later than that, even with a dead ratio of 2.
 */
export const ALIVE_INTERVALS = 1.5;

/**
 * Dead times of silence before a host that nobody hears follows its failover group. Between one and two: mayClaim refuses
 * at the first, and the timers, armed again, fire at the second.
 */
const PATIENT_DEAD_TIMES = 1.5;

const FAMILIES: readonly InetFamily[] = [4, 6];
const NONE: readonly InetFamily[] = [];

/** The master-down timers of a vhid, and what each family says about the master. */
export class MasterWatch implements Disposable, Prefetched {
  readonly #four: Ear;
  readonly #six: Ear;

  /** @param expired called when a family's timer fires, `late` ms after its deadline */
  constructor(
    clock: Clock,
    private readonly owner: MasterWatchOwner,
    expired: (family: InetFamily, late: number) => void,
  ) {
    const ear = (family: InetFamily): Ear => ({
      timer: new TakeoverTimer(clock, {
        name: () => `carp ${owner.name} master-down${family === 6 ? '6' : ''}`,
        rehearse: () => owner.rehearse(),
        expired: (late) => expired(family, late),
      }),
      vote: undefined,
      heardAt: Number.NEGATIVE_INFINITY,
      peer: undefined,
      followed: undefined,
      followedAt: Number.NEGATIVE_INFINITY,
      misses: false,
    });
    this.#four = ear(4);
    this.#six = ear(6);
  }

  prefetch(): number {
    const { timer, heardAt, peer, followedAt } = this.#four;
    return timer.prefetch() + Number(heardAt > followedAt) + (peer?.units ?? 0);
  }

  /**
   * Notes an advertisement.
   *
   * @param peer undefined if it is no more than a sign of life: somebody may have altered its words
   * @returns whether its family had missed the master until now
   */
  heard(family: InetFamily, peer: CarpContender | undefined, now: number): boolean {
    const ear = this.#ear(family);
    const { misses } = ear;
    ear.heardAt = now;
    ear.misses = false;
    // Nearly every advertisement repeats the one before: an object kept for each would outlive V8's young generation.
    if (peer !== undefined && !says(ear.peer, peer)) ear.peer = peer;
    return misses;
  }

  /** Notes that the vhid waits for the sender of the advertisement that the family heard last, or has yielded to it. */
  follow(family: InetFamily): void {
    const ear = this.#ear(family);
    ear.followed = ear.peer;
    ear.followedAt = ear.heardAt;
  }

  /** Whether an advertisement still counts: the family has heard no different one since, and it is no last word. */
  counts(family: InetFamily, word: CarpContender): boolean {
    return says(this.#ear(family).peer, word) && !this.isLastWord(family);
  }

  /**
   * Whether the advertisement that the family heard last is a last word, which a MASTER sends as it yields to a better one:
   * the better one, which the vhid follows, is alive, and the sender is another host. A sender that cannot hear the better
   * one does not yield, and advertises again. A bow-out is no last word.
   */
  isLastWord(family: InetFamily): boolean {
    const { peer, heardAt, followed, followedAt } = this.#ear(family);
    if (followed === undefined || peer === undefined || peer.units >= BOW_OUT_UNITS) return false;
    const same = followed.source === undefined || peer.source?.equals(followed.source) === true;
    return !same && heardAt - followedAt < ALIVE_INTERVALS * unitsToMs(followed.units);
  }

  /**
   * Whether a master was heard in the last `patience` ms, in any family, before which we would have to step down as MASTER: any
   * master, if that would not hear us.
   */
  knowsBetter(now: number, patience: number): boolean {
    const { families, voice, settings } = this.owner;
    return families.some((family) => {
      const { heardAt, peer } = this.#ear(family);
      // A host that has bowed out is no longer master.
      if (peer === undefined || peer.units >= BOW_OUT_UNITS || now - heardAt > patience) return false;
      if (voice !== 'own') return true;
      if (this.#saidOver4(family, peer, now)) return false;
      return isBeaten(this.owner.contender(family), peer, settings.election);
    });
  }

  /** Whether IPv6, which by itself would wait for the master after this word, votes as IPv4 does: to follow the failover group. */
  followsGroup(family: InetFamily, word: CarpContender, now: number): boolean {
    if (this.#four.vote !== 'failover group' || !this.owner.groupServes) return false;
    return this.#saidOver4(family, word, now);
  }

  /**
   * How long a host with the timers of the master heard last waits for it, in ms, if this host would have to yield to that
   * one: `own` is worse, or would not be heard. Else 0.
   */
  patience(own: CarpContender, { deadRatio, election }: CarpSettings): number {
    const peer = this.#lastPeer;
    if (peer === undefined || peer.units >= BOW_OUT_UNITS) return 0;
    if (!isWorse(own, peer, election) && this.owner.voice === 'own') return 0;
    return unitsToMs(deadTimeUnitsOf(peer.units, deadRatio));
  }

  /** Takes the vote back, and gives the master until `deadline` to be heard. @param now on the same clock */
  arm(family: InetFamily, deadline: number, now: number): void {
    const ear = this.#ear(family);
    ear.vote = undefined;
    ear.timer.arm(deadline, now);
  }

  /** Whether the family waits for the master. */
  waits(family: InetFamily): boolean {
    return this.#ear(family).timer.pending;
  }

  /** The families that wait, each with its deadline. */
  get deadlines(): ReadonlyMap<InetFamily, number> {
    const waiting = new Map<InetFamily, number>();
    for (const family of FAMILIES)
      if (this.waits(family)) waiting.set(family, this.#ear(family).timer.deadline);
    return waiting;
  }

  /**
   * Whether the timers of all families that wait fire before `time`, with the last of which a BACKUP becomes MASTER. In
   * other states no family waits.
   */
  endsBefore(time: number): boolean {
    const waiting = this.owner.families.filter((family) => this.waits(family));
    return waiting.length > 0 && waiting.every((family) => this.#ear(family).timer.deadline < time);
  }

  /** Notes that the family votes to take over. @returns why to take over, once all families have voted */
  vote(family: InetFamily, vote: CarpVote): CarpVote | undefined {
    const ear = this.#ear(family);
    ear.timer.stop();
    ear.vote = vote;
    const votes = this.owner.families.map((each) => this.#ear(each).vote);
    if (votes.includes(undefined)) return undefined;
    return votes.find((each) => each !== 'master timed out') ?? 'master timed out';
  }

  /**
   * Whether the vhid may take over after this vote. A host that can advertise only from a shared address waits until no
   * MASTER is left, for silence or a bow-out, since a MASTER has that address and would not hear it. A host that cannot
   * advertise at all only follows its failover group, and only after more than a dead time of silence: a peer that can
   * advertise takes over within one.
   */
  mayClaim(vote: CarpVote, now: number, deadTime: number): boolean {
    const { voice, groupServes } = this.owner;
    if (voice === 'own') return true;
    const bowedOut = vote === 'master will time out' && (this.#lastPeer?.units ?? 0) >= BOW_OUT_UNITS;
    if (voice === 'shared') return vote === 'master timed out' || bowedOut;
    return groupServes && vote === 'master timed out' && now - this.heardAt > PATIENT_DEAD_TIMES * deadTime;
  }

  /** When an advertisement was heard last, in any family. */
  get heardAt(): number {
    return Math.max(this.#four.heardAt, this.#six.heardAt);
  }

  /** Called when a family has heard the master: those that have timed out miss it. @returns those that did not before */
  missing(): readonly InetFamily[] {
    // With one family no other can miss the master: for nearly every advertisement this is the end.
    if (this.owner.families.length === 1) return NONE;
    const silent = this.owner.families.filter((each) => this.#ear(each).vote === 'master timed out');
    const news = silent.filter((each) => !this.#ear(each).misses);
    for (const each of news) this.#ear(each).misses = true;
    return news;
  }

  /** The families that miss the master, which another family hears. */
  get unheard(): readonly InetFamily[] {
    return this.owner.families.filter((family) => this.#ear(family).misses);
  }

  /** The vhid's families were changed: stops the timers of those removed, and arms those that do not wait. */
  fit(arm: (family: InetFamily) => void): void {
    for (const family of FAMILIES) {
      const ear = this.#ear(family);
      if (!this.owner.families.includes(family)) {
        ear.timer.stop();
        ear.misses = false;
      } else if (!ear.timer.pending) arm(family);
    }
  }

  /** Stops all timers: the vhid has left BACKUP, or enters it anew. */
  stop(): void {
    for (const family of FAMILIES) {
      const ear = this.#ear(family);
      ear.timer.stop();
      ear.followed = undefined;
      ear.misses = false;
    }
  }

  capture(): CarpWatchState {
    const ear = ({ timer, vote, heardAt, peer, followed, followedAt }: Ear): CarpWatchState[4] => ({
      deadline: timer.pending ? timer.deadline : null,
      vote: vote ?? null,
      heardAt: timeToJson(heardAt),
      peer: contenderToJson(peer),
      followed: contenderToJson(followed),
      followedAt: timeToJson(followedAt),
    });
    const unheard = FAMILIES.filter((family) => this.#ear(family).misses);
    return { 4: ear(this.#four), 6: ear(this.#six), unheard };
  }

  /** Goes on from a predecessor's state: each family waits until the same deadline. For a new watch only. */
  adopt(state: CarpWatchState): void {
    for (const family of FAMILIES) {
      const { deadline, vote, heardAt, peer, followed, followedAt } = state[family];
      const ear = this.#ear(family);
      ear.vote = vote ?? undefined;
      ear.heardAt = timeFromJson(heardAt);
      ear.peer = contenderFromJson(peer);
      ear.followed = contenderFromJson(followed);
      ear.followedAt = timeFromJson(followedAt);
      if (deadline !== null) ear.timer.arm(deadline);
      ear.misses = state.unheard.includes(family);
    }
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /**
   * Whether IPv4 hears the same as IPv6, and still would as MASTER. A peer without an IPv4 address of its own advertises from a
   * shared one, which a MASTER has itself: Linux drops that, so that IPv6 decides.
   */
  #saidOver4(family: InetFamily, { units, demote }: CarpContender, now: number): boolean {
    const { families, settings } = this.owner;
    if (family === 4 || !families.includes(4)) return false;
    const { peer, heardAt } = this.#four;
    if (peer?.units !== units || peer.demote !== demote) return false;
    const shared = settings.addresses.some(({ address }) => peer.source?.equals(address) === true);
    return !shared && now - heardAt < ALIVE_INTERVALS * unitsToMs(units);
  }

  /** The sender of what was heard last, in whatever family. */
  get #lastPeer(): CarpContender | undefined {
    return (this.#six.heardAt > this.#four.heardAt ? this.#six : this.#four).peer;
  }

  #ear(family: InetFamily): Ear {
    return family === 4 ? this.#four : this.#six;
  }
}

/** Whether a peer advertises the same timers, demotion and source as the one heard before. */
function says(known: CarpContender | undefined, peer: CarpContender): boolean {
  return known?.units === peer.units && known.demote === peer.demote && known.source === peer.source;
}

function contenderToJson(contender: CarpContender | undefined): CarpWatchState[4]['peer'] {
  return contender === undefined ? null : { ...contender, source: contender.source?.toString() ?? null };
}

function contenderFromJson(state: CarpWatchState[4]['peer']): CarpContender | undefined {
  if (state === null) return undefined;
  return { ...state, source: state.source === null ? undefined : InetAddress.parse(state.source) };
}
