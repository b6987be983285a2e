import { readFileSync } from 'node:fs';

/** The two clocks must be read within this time, in milliseconds, or the difference shows our own delays. */
const MAX_SPREAD_MS = 5;
const MAX_ATTEMPTS = 10;

/**
 * The time for which the machine has slept since boot, in milliseconds, to about ten: CLOCK_BOOTTIME (/proc/uptime, in
 * hundredths of a second) less CLOCK_MONOTONIC. Preemption between the two readings would look like a sleep, so a slow
 * reading is repeated; the best of them errs downwards.
 *
 * @throws if there is no /proc/uptime
 */
export function sleptSinceBoot(): number {
  let best = { spread: Number.POSITIVE_INFINITY, slept: 0 };
  for (let attempt = 0; attempt < MAX_ATTEMPTS && best.spread > MAX_SPREAD_MS; attempt++) {
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
