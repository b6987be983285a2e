import type { Prefetched } from '../../ifnet/index.js';
import type { CarpSealState } from '../handover/schema.js';
import { SEAL_UNIT_MS, sequenceAt } from './format.js';

/** A word may be that much older than the time since the last one says, plus a dead time: a paused host, a slow network. */
const SLACK_MS = 10_000;
/** After a restart, when no word has been heard yet. */
const RESTORED_SLACK_MS = 1000;
/** What two clocks may drift apart: 500 ppm is the most by which Linux slews one. */
const DRIFT = 1 / 2000;
/** Words of hosts that speak before they have heard each other may come in the wrong order, and be that much apart. */
const CROSSING_MS = 1000;
const YEAR_MS = 365 * 86_400_000;
/** A sleep of the machine is found out within a second of its end, or a little later on a busy one. */
const SLEEP_TOLD_MS = 5000;
/** Words are ahead of the common time by less than that, unless a host was away, or joins with another clock. */
const AHEAD_MS = 100;

/** What a restart leaves of a sequence: what it was when the host's wall clock showed `wall`, in ms since 1970. */
export interface RememberedSequence {
  readonly sequence: number;
  readonly wall: number;
}

/**
 * The common time of the hosts of one vhid, in units of a sequence.
 *
 * Every host starts with its wall clock, and is never behind the greatest sequence that it has heard (a Lamport clock that
 * ticks): so what is said later has the greater sequence, whichever host says it, and however wrong its clock is. There is
 * nothing to know about a sender: whoever speaks after hearing another speaks above it, and what is older than the
 * latest word is old, from whatever address it comes. Between words it goes on with the kernel's monotonic clock, so that
 * a step of the wall clock has no effect while this process lives.
 *
 * A word that was held up on its way does not set that time back, or the next one of this host would be below what others
 * have said meanwhile, and be old to them. Words that are behind by what clocks drift apart do, so that the fastest clock
 * does not lead the others away.
 *
 * A word is fresh if its sequence
 *
 * - is above the greatest so far, and not much older than the time that has passed since then says: what was recorded
 *   while this host could not hear is of no use an hour later; or
 * - is at most a second below the greatest: hosts that speak at the same moment. The caller remembers which of those were
 *   used.
 *
 * Before the first word, and without a memory of a former life, everything is fresh.
 */
export class CarpSequence implements Prefetched {
  /** The greatest that was sent or heard, and when, on the kernel's clock. */
  #highest = -1;
  #at = 0;
  /** What is not above this is old. */
  #floor = -1;
  /** A former life is remembered, and no word has been heard in this one. */
  #restored = false;
  /** The common time at a moment of the kernel's clock; not a whole number, so that small falls add up. */
  #time: number;
  #timeAt: number;
  /**
   * By how many ms words were ahead of the common time here, those of late together, less the sleeps that explain it; and when the
   * latest of them came.
   */
  #leap = 0;
  #leapAt = Number.NEGATIVE_INFINITY;

  /**
   * @param wall ms since 1970
   * @param now ms on the kernel's clock
   */
  constructor(wall: number, now: number) {
    this.#time = sequenceAt(wall);
    this.#timeAt = now;
  }

  /** The greatest that was sent or heard; -1 if there was none. */
  get highest(): number {
    return this.#highest;
  }

  /** Goes on from what a former life has left; before the first word only. */
  restore({ sequence, wall }: RememberedSequence, wallNow: number, now: number): void {
    this.#highest = sequence;
    this.#floor = sequence;
    this.#at = now - Math.max(0, wallNow - wall);
    this.#restored = true;
    this.#time = sequence;
    this.#timeAt = this.#at;
  }

  prefetch(): number {
    return Number(this.#highest + this.#at + this.#floor + this.#time + this.#timeAt > 0);
  }

  /** What to keep for the next life: the greatest sequence, and what the wall clock showed then. */
  remembered(wallNow: number, now: number): RememberedSequence {
    return { sequence: this.#highest, wall: wallNow - (now - this.#at) };
  }

  /** That of the next advertisement of this host. */
  next(now: number): number {
    const sequence = Math.max(this.#highest + 1, Math.floor(this.#timeNow(now)));
    this.#reach(sequence, now);
    this.#time = Math.max(sequence, this.#timeNow(now));
    this.#timeAt = now;
    return sequence;
  }

  /** @param host whose dead time counts, in ms; asked only if that matters */
  isFresh(sequence: number, now: number, host: { readonly deadTime: number }): boolean {
    if (this.#highest < 0) return true;
    if (sequence <= this.#floor) return false;
    if (sequence <= this.#highest) return sequence > this.#highest - CROSSING_MS / SEAL_UNIT_MS;
    const old = (this.#expected(now) - sequence) * SEAL_UNIT_MS;
    if (old <= RESTORED_SLACK_MS) return true;
    const slack = this.#restored ? RESTORED_SLACK_MS : SLACK_MS + host.deadTime;
    return old <= slack + (now - this.#at) * DRIFT;
  }

  /** Whether it is a year ahead or more: no sequence of a host whose clock is nearly right. */
  isFar(sequence: number, now: number): boolean {
    return (sequence - this.#timeNow(now)) * SEAL_UNIT_MS > YEAR_MS;
  }

  /** A fresh word with a right code was heard. */
  heard(sequence: number, now: number): void {
    if (sequence <= this.#highest) return;
    this.#reach(sequence, now);
    const time = this.#timeNow(now);
    const leap = (sequence - time) * SEAL_UNIT_MS;
    if (leap > AHEAD_MS) {
      this.#leap = this.#leapOfLate(now) + leap;
      this.#leapAt = now;
    }
    const drifted = ((now - this.#timeAt) / SEAL_UNIT_MS) * DRIFT;
    this.#time = Math.max(sequence, time - drifted);
    this.#timeAt = now;
  }

  /** A used sequence is no longer remembered by the caller. */
  forget(sequence: number): void {
    if (sequence > this.#floor) this.#floor = sequence;
  }

  /**
   * The machine slept for so many ms, which the kernel's clock did not count. It is told of that after it woke up: a word that it
   * has heard by then has moved the common time on, and so have those that were said meanwhile, which somebody may play before
   * it. To count the sleep twice would make all further words old.
   */
  slept(ms: number, now: number): void {
    const known = Math.min(ms, this.#leapOfLate(now));
    // It tells of no other sleep.
    this.#leap -= known;
    this.#at -= ms - known;
    this.#timeAt -= ms - known;
  }

  capture(): CarpSealState['sequence'] {
    const whole = Math.floor(this.#time);
    return {
      highest: this.#highest,
      at: this.#at,
      floor: this.#floor,
      restored: this.#restored,
      // Whole, since builds of before add whole numbers to it; and when it was that, so that nothing of it is lost.
      start: whole,
      startedAt: this.#timeAt - (this.#time - whole) * SEAL_UNIT_MS,
    };
  }

  adopt(state: CarpSealState['sequence']): void {
    this.#highest = state.highest;
    this.#at = state.at;
    this.#floor = state.floor;
    this.#restored = state.restored;
    const { highest, at, start, startedAt } = state;
    this.#time = start === null ? highest : Math.max(highest, start + (at - startedAt) / SEAL_UNIT_MS);
    this.#timeAt = at;
  }

  #reach(sequence: number, now: number): void {
    this.#highest = sequence;
    this.#at = now;
    this.#restored = false;
  }

  #leapOfLate(now: number): number {
    return now - this.#leapAt <= SLEEP_TOLD_MS ? this.#leap : 0;
  }

  /** What a word that is sent now has at least, if its sender heard the latest. */
  #expected(now: number): number {
    return this.#highest + Math.floor((now - this.#at) / SEAL_UNIT_MS);
  }

  #timeNow(now: number): number {
    return this.#time + (now - this.#timeAt) / SEAL_UNIT_MS;
  }
}
