import type { Clock } from '../../../core/time/index.js';
import { AnswerLimit, timeFromJson, timeToJson } from '../../vip/index.js';
import type { CarpMachineState } from '../handover/schema.js';
import type { CarpVoice } from '../state.js';
import { BOW_OUT_UNITS, type CarpContender } from './election.js';
import { unitsToMs } from './interval.js';

/** ucarp and OpenBSD announce again with the second advertisement after taking over. */
export const DELAYED_GARP = 2;
/** Of the clock's arithmetic. */
const ROUNDING_MS = 1;
/** A ucarp reads what was said up to 0.9 s late. */
const UCARP_LATENESS_MS = 1000;

type Captured = Pick<
  CarpMachineState,
  | 'lastSent'
  | 'lastTried'
  | 'sentInterval'
  | 'reasserts'
  | 'slowerSince'
  | 'rivalSince'
  | 'rivalAt'
  | 'backoff'
  | 'announceIn'
  | 'paused'
>;

/** The times of a MASTER, in ms. */
interface MasterTimes {
  readonly interval: number;
  readonly deadTime: number;
}

/** Whether the silence of a MASTER is longer than its peers wait. All in ms. */
export function isTooLong(silence: number, { interval, deadTime }: MasterTimes): boolean {
  // With a dead ratio of 1 the dead time is one interval, and every timer is a little late.
  return silence > deadTime && silence > 2 * interval;
}

/** What a state machine remembers besides its state and its timers. Times are on the kernel's clock, in ms. */
export class MachineMemory {
  /** When our last advertisement left. */
  lastSent = Number.NEGATIVE_INFINITY;
  /** When this process last tried to send one: silence after that is a pause. */
  lastTried = Number.NEGATIVE_INFINITY;
  /** By how many ms the wall clock, which goes on while the machine sleeps, was ahead of the kernel's at `lastSent`. */
  #wallAhead = Number.NaN;
  /** The interval in force at `lastSent`. */
  sentInterval = 0;
  readonly reasserts = new AnswerLimit();
  /** Since when only slower masters were heard. */
  slowerSince: number | undefined;
  /** Since when another MASTER has been heard again and again, and when it was heard last; noted where that may not hear us. */
  rivalSince = Number.NEGATIVE_INFINITY;
  rivalAt = Number.NEGATIVE_INFINITY;
  /** Intervals after `since` at which silence begins to count: what was under way when we yielded must not undo it. */
  backoff = 0;
  /** Advertisements until the addresses are announced again; 0: they are not. */
  announceIn = 0;
  /** A late timer has made it listen once more. */
  paused = false;

  /** Another state begins: what was noted for a former one counts no more. */
  begin(): void {
    this.slowerSince = undefined;
    this.rivalAt = Number.NEGATIVE_INFINITY;
    this.paused = false;
  }

  /**
   * An advertisement of ours was due.
   *
   * @param left whether the network took it, which is returned
   * @param wall ms since 1970
   */
  spoke(now: number, interval: number, left: boolean, wall: number): boolean {
    this.lastTried = now;
    if (!left) return false;
    this.lastSent = now;
    this.#wallAhead = wall - now;
    this.sentInterval = interval;
    return true;
  }

  /**
   * Whether one of ours has left since the machine slept for so many ms, of which it is told up to a second after it woke up. A step
   * of the wall clock by half of that within that second would mislead it.
   */
  spokeSince(slept: number, clock: Clock): boolean {
    return clock.wallTime() - clock.now() - this.#wallAhead < slept / 2;
  }

  /**
   * Whether a MASTER has a claim after such a sleep: it has advertised since, so that a worse successor has given way, perhaps
   * without a word, and a better one will answer; or it was not silent for longer than its peers wait.
   */
  outlasts(slept: number, clock: Clock, times: MasterTimes): boolean {
    if (this.spokeSince(slept, clock)) return true;
    return slept <= times.deadTime && !isTooLong(clock.now() + slept - this.lastTried, times);
  }

  /**
   * The machine slept for so many ms, which the kernel's clock did not count, and the peers did. What has left since the end of that
   * counts as said before it: its seal had a sequence of before the sleep, and peers that know a newer one have refused it.
   */
  slept(ms: number): void {
    this.lastSent -= ms;
    this.lastTried -= ms;
  }

  /** Whether our last advertisement is so old that another one makes a difference. */
  spokeLongAgo(now: number, interval: number): boolean {
    return now - this.lastSent > interval / 4;
  }

  /**
   * The neighbours are told again within two intervals: with the second advertisement from now, or with the next one if a tie
   * has put that off.
   *
   * @param wait ms until the next advertisement
   */
  remind(wait: number, interval: number): void {
    this.announceIn = wait > interval + ROUNDING_MS ? 1 : DELAYED_GARP;
  }

  /** Whether a worse MASTER is answered at once; if not, then with our next advertisement: it may have announced itself. */
  mayReassert(now: number, interval: number): boolean {
    const may = this.reasserts.take(now, interval);
    if (!may) this.announceIn ||= 1;
    return may;
  }

  /**
   * preemptDelay: a slower master must have been heard for that long, without a better one in between.
   *
   * @param slower whether the one just heard is slower
   */
  waited(slower: boolean, now: number, delay: number): boolean {
    this.slowerSince = slower ? (this.slowerSince ?? now) : undefined;
    return this.slowerSince === undefined || now - this.slowerSince >= delay;
  }

  /**
   * Another MASTER was heard, in spite of what we say. Its first word may be its last, if it hears us; so that it does not is
   * known when it goes on for longer than peers wait for a word of ours.
   */
  goesOn({ units }: CarpContender, now: number, times: MasterTimes): boolean {
    if (units >= BOW_OUT_UNITS) return false;
    if (now - this.rivalAt > times.deadTime + unitsToMs(units)) this.rivalSince = now;
    this.rivalAt = now;
    const since = now - this.rivalSince;
    return since > UCARP_LATENESS_MS && isTooLong(since, times);
  }

  /**
   * Whether another MASTER, which we hear, does not hear us.
   *
   * @param voice how we can advertise
   * @param us since when we are MASTER, and how often we speak
   */
  isMute(
    voice: CarpVoice,
    peer: CarpContender,
    now: number,
    us: MasterTimes & { readonly since: number },
  ): boolean {
    if (voice === 'shared' && this.goesOn(peer, now, us)) return true;
    // What we said last may not have left.
    return voice === 'none' || isTooLong(now - Math.max(us.since, this.lastSent), us);
  }

  capture(): Captured {
    const { lastSent, lastTried, sentInterval, reasserts, slowerSince, backoff, announceIn, paused } = this;
    return {
      lastSent: timeToJson(lastSent),
      lastTried: timeToJson(lastTried),
      sentInterval,
      reasserts: [...reasserts.capture()],
      slowerSince: timeToJson(slowerSince),
      rivalSince: timeToJson(this.rivalSince),
      rivalAt: timeToJson(this.rivalAt),
      backoff,
      announceIn,
      paused,
    };
  }

  adopt(state: Captured): void {
    this.lastSent = timeFromJson(state.lastSent);
    this.lastTried = timeFromJson(state.lastTried ?? state.lastSent);
    this.sentInterval = state.sentInterval;
    this.reasserts.adopt(state.reasserts);
    this.slowerSince = state.slowerSince ?? undefined;
    this.rivalSince = timeFromJson(state.rivalSince);
    this.rivalAt = timeFromJson(state.rivalAt);
    this.backoff = state.backoff;
    this.announceIn = state.announceIn;
    this.paused = state.paused;
  }
}
