/**
 * The master as a BACKUP hears it, family by family.
 *
 * FreeBSD keeps one master-down timer per family too (sc_md_tmo, sc_md6_tmo), but takes over when either fires: a
 * family that is deaf on one side then makes a second MASTER every dead time. Here a family only votes. It votes for
 * taking over when its timer fires, or when its advertisement says so (a worse master, a bow-out); its next
 * advertisement of a sound master takes the vote back. The BACKUP takes over when all families have voted.
 *
 * @module
 */
import type { Clock } from '../../../core/time/index.js';
import { InetAddress, type InetFamily, type Prefetched } from '../../ifnet/index.js';
import { TakeoverTimer, timeFromJson, timeToJson } from '../../vip/index.js';
import type { CarpWatchState } from '../handover/schema.js';
import type { CarpSettings } from '../settings.js';
import type { CarpTakeoverReason, CarpVoice } from '../state.js';
import { BOW_OUT_UNITS, type CarpContender, isWorse } from './election.js';
import { deadTimeUnitsOf, unitsToMs } from './interval.js';

/** Why a family would take over. */
export type CarpVote = CarpTakeoverReason | 'master timed out';

/** The vhid whose master is watched. */
export interface MasterWatchOwner {
  readonly name: string;
  /** The families of the vhid's addresses. */
  readonly families: readonly InetFamily[];
  /** How it can advertise, in the family in which it can best. */
  readonly voice: CarpVoice;
  /** Whether another vhid of its failover group is MASTER. */
  readonly groupServes: boolean;
  /** The master is about to be taken for dead. */
  rehearse(): void;
}

/** One family. */
interface Ear {
  readonly timer: TakeoverTimer;
  /** Since the timer was armed last. */
  vote: CarpVote | undefined;
  /** When an advertisement was last heard, in ms. */
  heardAt: number;
  /** Its sender. */
  peer: CarpContender | undefined;
  /** The master that it waits for or has yielded to, as it last said so. */
  followed: CarpContender | undefined;
  /** When it said so, in ms. */
  followedAt: number;
  /** It misses the master, which the other family hears. */
  misses: boolean;
}

/**
 * In its own intervals, for how long a master that was heard counts as alive. A host can lose one of its advertisements. A
 * peer that takes over since it is dead waits longer, with a dead ratio of 2 too.
 */
export const ALIVE_INTERVALS = 1.5;

/** More than one and less than two: timers that a refusal has armed anew end after two. */
const PATIENT_DEAD_TIMES = 1.5;

const FAMILIES: readonly InetFamily[] = [4, 6];
const NONE: readonly InetFamily[] = [];

/** The master-down timers of a vhid, and what each family says about the master. */
export class MasterWatch implements Disposable, Prefetched {
  readonly #four: Ear;
  readonly #six: Ear;

  /** @param expired a family's timer has fired, `late` ms after its deadline */
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

  /** Notes an advertisement. @returns whether its family had been missing */
  heard(family: InetFamily, peer: CarpContender, now: number): boolean {
    const ear = this.#ear(family);
    const { misses } = ear;
    ear.heardAt = now;
    ear.misses = false;
    // Nearly every advertisement says the same: an object kept for each would outlive the young generation.
    if (!says(ear.peer, peer)) ear.peer = peer;
    return misses;
  }

  /** The vhid waits for the sender of what the family heard last, or has yielded to it. */
  follow(family: InetFamily): void {
    const ear = this.#ear(family);
    ear.followed = ear.peer;
    ear.followedAt = ear.heardAt;
  }

  /** Whether a word still counts: the family has heard no other since, and it is not the last one of a worse MASTER. */
  counts(family: InetFamily, word: CarpContender): boolean {
    return says(this.#ear(family).peer, word) && !this.isLastWord(family);
  }

  /**
   * Whether what the family heard last is the last word of a worse MASTER: another one, which the vhid follows, is alive,
   * and to that the sender yields. If it does not, since it cannot hear that one, it will say so again. Not for a bow-out.
   */
  isLastWord(family: InetFamily): boolean {
    const { peer, heardAt, followed, followedAt } = this.#ear(family);
    if (followed === undefined || peer === undefined || peer.units >= BOW_OUT_UNITS) return false;
    const same = followed.source === undefined || peer.source?.equals(followed.source) === true;
    return !same && heardAt - followedAt < ALIVE_INTERVALS * unitsToMs(followed.units);
  }

  /** Whether a master with a shorter interval than `units` was heard in the last `patience` ms, in any family. */
  knowsFaster(units: number, now: number, patience: number): boolean {
    return this.owner.families.some((family) => {
      const { heardAt, peer } = this.#ear(family);
      // One that has bowed out is master no more.
      const speaks = peer !== undefined && peer.units < BOW_OUT_UNITS && now - heardAt <= patience;
      return speaks && peer.units < units;
    });
  }

  /** How long the equals of the master heard last would wait for it, in ms, if `own` counts as worse; else 0. */
  patience(own: CarpContender, { deadRatio, election }: CarpSettings): number {
    const { peer } = this.#six.heardAt > this.#four.heardAt ? this.#six : this.#four;
    if (peer === undefined || !isWorse(own, peer, election)) return 0;
    return unitsToMs(deadTimeUnitsOf(peer.units, deadRatio));
  }

  /** The master is alive, or has until `deadline` to show it. @param now on the same clock */
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

  /** Whether all families that wait, which only those of a BACKUP do, would vote before `time`: the last makes it MASTER. */
  endsBefore(time: number): boolean {
    const waiting = this.owner.families.filter((family) => this.waits(family));
    return waiting.length > 0 && waiting.every((family) => this.#ear(family).timer.deadline < time);
  }

  /** The family votes for taking over. @returns why to take over, once all have voted */
  vote(family: InetFamily, vote: CarpVote): CarpVote | undefined {
    const ear = this.#ear(family);
    ear.timer.stop();
    ear.vote = vote;
    const votes = this.owner.families.map((each) => this.#ear(each).vote);
    if (votes.includes(undefined)) return undefined;
    return votes.find((each) => each !== 'master timed out') ?? 'master timed out';
  }

  /**
   * Whether to take over after such a vote. One that no MASTER would hear waits until there is none. One that nobody hears at
   * all only follows the rest of its failover group, when it has heard nobody for more than a dead time: a peer that can
   * advertise comes back within one.
   */
  mayClaim(vote: CarpVote, now: number, deadTime: number): boolean {
    const { voice, groupServes } = this.owner;
    if (voice === 'shared') return vote === 'master timed out' || vote === 'master will time out';
    if (voice === 'own') return true;
    const heardAt = Math.max(this.#four.heardAt, this.#six.heardAt);
    return groupServes && vote === 'master timed out' && now - heardAt > PATIENT_DEAD_TIMES * deadTime;
  }

  /** A family has heard the master: the others that timed out before miss it. @returns those of which that is news */
  missing(): readonly InetFamily[] {
    // With one family there is none that another could miss: nearly every advertisement ends here.
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

  /** The families were changed: those removed stop, those that do not wait are armed. */
  fit(arm: (family: InetFamily) => void): void {
    for (const family of FAMILIES) {
      const ear = this.#ear(family);
      if (!this.owner.families.includes(family)) {
        ear.timer.stop();
        ear.misses = false;
      } else if (!ear.timer.pending) arm(family);
    }
  }

  /** The vhid left BACKUP, or enters it anew. */
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

  /** Waits on, family by family, until the deadlines of a predecessor. For a new one only. */
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

  #ear(family: InetFamily): Ear {
    return family === 4 ? this.#four : this.#six;
  }
}

/** Whether the peer that was heard before says the same of itself again. */
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
