import type { Clock } from '../../../core/time/index.js';
import { timeFromJson, timeToJson } from '../../vip/index.js';
import type { VrrpMachineState } from '../handover/schema.js';
import type { VrrpMachineSettings } from './machine-owner.js';
import { isTooLong, leastPatience } from './timers.js';

/** When a MASTER has advertised, on the kernel's clock in ms: its peers count their patience from that. */
export class OwnWords {
  /** When the last advertisement left. */
  leftAt = Number.NEGATIVE_INFINITY;
  /** When this process last tried to send one: silence after that is a pause. */
  triedAt = Number.NEGATIVE_INFINITY;
  /** By how many ms the wall clock, which goes on while the machine sleeps, was ahead of the kernel's when it left. */
  #wallAhead = Number.NaN;

  said(clock: Clock, now: number, left: boolean): void {
    this.triedAt = now;
    if (!left) return;
    this.leftAt = now;
    this.#wallAhead = clock.wallTime() - now;
  }

  /**
   * Whether one has left since the machine slept for so many ms, of which it is told up to a second after it woke up. That goes by
   * the wall clock: a step of half the sleep within that second would mislead it.
   */
  saidSince(slept: number, clock: Clock): boolean {
    return clock.wallTime() - clock.now() - this.#wallAhead < slept / 2;
  }

  /**
   * Whether a MASTER has a claim after such a sleep: it has advertised since, so that a worse successor has given way, perhaps
   * without a word, and a better one will answer; or it was not silent for longer than its peers wait.
   */
  outlast(slept: number, clock: Clock, settings: VrrpMachineSettings): boolean {
    if (this.saidSince(slept, clock)) return true;
    return slept <= leastPatience(settings) && !isTooLong(clock.now() + slept - this.triedAt, settings);
  }

  /** The machine slept for so many ms since, which the kernel's clock did not count, and the peers did. */
  slept(ms: number): void {
    this.leftAt -= ms;
    this.triedAt -= ms;
  }

  capture(): Pick<VrrpMachineState, 'lastSent' | 'lastTried'> {
    return { lastSent: timeToJson(this.leftAt), lastTried: timeToJson(this.triedAt) };
  }

  /** For new ones only. */
  adopt({ lastSent, lastTried }: Pick<VrrpMachineState, 'lastSent' | 'lastTried'>): void {
    this.leftAt = timeFromJson(lastSent);
    this.triedAt = timeFromJson(lastTried ?? lastSent);
  }
}
