import { readFileSync } from 'node:fs';

/** The two clocks have to be read this close together, ms, or the difference tells of our own delays. */
const CLOSE = 5;
const ATTEMPTS = 10;

/**
 * How long the machine has slept since it was booted, in milliseconds, to about ten: CLOCK_BOOTTIME (/proc/uptime,
 * in hundredths of a second) less CLOCK_MONOTONIC. Being preempted between the two readings would look like a sleep,
 * so a slow reading is tried again, and the last resort errs downwards.
 *
 * @throws when there is no /proc/uptime
 */
export function sleptSinceBoot(): number {
  let best = { spread: Number.POSITIVE_INFINITY, slept: 0 };
  for (let attempt = 0; attempt < ATTEMPTS && best.spread > CLOSE; attempt++) {
    const before = monotonic();
    const boottime = Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1000;
    const after = monotonic();
    if (after - before < best.spread) best = { spread: after - before, slept: boottime - after };
  }
  return best.slept;
}

/** CLOCK_MONOTONIC, in milliseconds. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
