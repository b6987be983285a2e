/** The laboratory runs real programs in real time: waiting is always for a condition, and always with a deadline. */
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds since the epoch with fractions, on the scale of the time stamps that tcpdump writes. */
export function wallTime(): number {
  return performance.timeOrigin + performance.now();
}

/** Lets real time pass: only for proving that something does not happen, or that a peer has settled. */
export function elapse(ms: number): Promise<void> {
  return delay(ms);
}

/**
 * Waits until `condition` gives something truthy, looking every few milliseconds, and returns it.
 * Fails after `deadlineMs` with a message that says what was waited for; `state` may add what was there instead.
 */
export async function waitFor<T>(
  what: string,
  deadlineMs: number,
  condition: () => T | Promise<T>,
  state?: () => string,
): Promise<NonNullable<T>> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (performance.now() >= end) {
      const seen = state ? `; there was:\n${state()}` : '';
      throw new Error(`waited ${deadlineMs} ms in vain for ${what}${seen}`);
    }
    await delay(5);
  }
}
