/**
 * Times of the protocol in milliseconds. The sources count centiseconds; nothing is rounded to them here, so that routers
 * with priorities next to each other never wait for the same time.
 *
 * @module
 */
import type { Random } from '../../../core/random.js';
import type { VrrpVersion } from '../wire/header.js';
import type { VrrpMachineSettings } from './machine-owner.js';

/** What the time of version 2 is counted from, whatever the interval. */
const SECOND_MS = 1000;
/** Interval of version 3 on the wire. */
export const CENTISECOND_MS = 10;

/**
 * Skew_Time: version 3 takes it from the interval of the Active router (RFC 9568 section 6.1), version 2 from a second
 * (RFC 3768 section 6.1). Never 0: the highest priority waits 1/256 of it.
 */
export function skewTime(version: VrrpVersion, priority: number, interval: number): number {
  return ((256 - priority) * (version === 2 ? SECOND_MS : interval)) / 256;
}

/** Active_Down_Interval: `adverts` intervals of silence, 3 in the RFC, and the skew (RFC 9568 section 6.1). */
export function downTime(version: VrrpVersion, priority: number, interval: number, adverts: number): number {
  return adverts * interval + skewTime(version, priority, interval);
}

/** How long every peer of a MASTER with these settings waits for its next advertisement at least. */
export function leastPatience({ downAdverts, interval }: VrrpMachineSettings): number {
  return downAdverts * interval;
}

/** Whether a MASTER with these settings was silent for longer, in ms, than its peers wait. */
export function isTooLong(silence: number, settings: VrrpMachineSettings): boolean {
  // Every timer is a little late, and with a downAdverts of 1 each of its words would be.
  return silence > Math.max(leastPatience(settings), 2 * settings.interval);
}

/**
 * How long a MASTER that has sent priority 0 and goes on serving leaves the others alone: the longest skew, and half an
 * interval for hosts that are late. An advertisement in between would tell those that do not preempt to follow on.
 */
export function successionTime(interval: number): number {
  return 1.5 * interval;
}

/** By how much longer one waits for a successor that may have stepped down in the same moment: else both would come back in step. */
export function respiteTime(interval: number, random: Random): number {
  return interval * random.float();
}
