import { timeFromJson, timeToJson } from '../../vip/index.js';
import type { CarpMachineState } from '../handover/schema.js';

/** ucarp and OpenBSD announce again with the second advertisement after taking over. */
export const DELAYED_GARP = 2;

type Captured = Pick<
  CarpMachineState,
  'lastSent' | 'sentInterval' | 'lastReassert' | 'slowerSince' | 'backoff' | 'announceIn' | 'paused'
>;

/** What a state machine remembers besides its state and its timers. Times are on the kernel's clock, in ms. */
export class MachineMemory {
  /** When our last advertisement left. */
  lastSent = Number.NEGATIVE_INFINITY;
  /** The interval in force at `lastSent`. */
  sentInterval = 0;
  lastReassert = Number.NEGATIVE_INFINITY;
  /** Since when only slower masters were heard. */
  slowerSince: number | undefined;
  /** Intervals after `since` at which silence begins to count: what was under way when we yielded must not undo it. */
  backoff = 0;
  /** Advertisements until the addresses are announced again; 0: they are not. */
  announceIn = 0;
  /** A late timer has made it listen once more. */
  paused = false;

  /** An advertisement of ours leaves. */
  sent(now: number, interval: number): void {
    this.lastSent = now;
    this.sentInterval = interval;
  }

  /** Whether our last advertisement is so old that another one makes a difference. */
  spokeLongAgo(now: number, interval: number): boolean {
    return now - this.lastSent > interval / 4;
  }

  /** Whether a MASTER was silent longer than its peers wait. */
  silentTooLong(now: number, interval: number, deadTime: number): boolean {
    const silence = now - this.lastSent;
    // With a dead ratio of 1 the dead time is one interval, and every timer is a little late.
    return silence > deadTime && silence > 2 * interval;
  }

  /**
   * Whether a worse MASTER is answered at once: at most twice per interval. One that comes sooner is answered with our next
   * advertisement, since its sender may have announced itself.
   */
  mayReassert(now: number, interval: number): boolean {
    if (now - this.lastReassert < interval / 2) {
      this.announceIn ||= 1;
      return false;
    }
    this.lastReassert = now;
    return true;
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

  capture(): Captured {
    const { lastSent, sentInterval, lastReassert, slowerSince, backoff, announceIn, paused } = this;
    return {
      lastSent: timeToJson(lastSent),
      sentInterval,
      lastReassert: timeToJson(lastReassert),
      slowerSince: timeToJson(slowerSince),
      backoff,
      announceIn,
      paused,
    };
  }

  adopt(state: Captured): void {
    this.lastSent = timeFromJson(state.lastSent);
    this.sentInterval = state.sentInterval;
    this.lastReassert = timeFromJson(state.lastReassert);
    this.slowerSince = state.slowerSince ?? undefined;
    this.backoff = state.backoff;
    this.announceIn = state.announceIn;
    this.paused = state.paused;
  }
}
