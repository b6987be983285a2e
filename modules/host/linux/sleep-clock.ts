import { readFileSync } from 'node:fs';
import { Libc } from '../../libc/index.js';

/** The two clocks must be read within this time, in milliseconds, or the difference shows our own delays. */
const MAX_SPREAD_MS = 5;
const MAX_ATTEMPTS = 10;

/** Tells the time for which the machine has slept since boot, in milliseconds. */
export type SleepClock = () => number;

/**
 * CLOCK_BOOTTIME less CLOCK_MONOTONIC: the former goes on while the machine sleeps. From the C library, or, where that
 * cannot be called, to ten milliseconds from /proc/uptime, which costs many times as much.
 *
 * @throws if there is no /proc/uptime either
 */
export function openSleepClock(): SleepClock {
  const bootClock = openBootClock();
  const sleepClock = () => sleptSinceBoot(bootClock);
  sleepClock();
  return sleepClock;
}

/** CLOCK_MONOTONIC, in milliseconds. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function openBootClock(): () => number {
  try {
    const libc = Libc.load();
    libc.bootClock();
    return () => libc.bootClock();
  } catch {
    return uptime;
  }
}

/** CLOCK_BOOTTIME in hundredths of a second (proc(5)), as milliseconds. */
export function uptime(): number {
  return Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1000;
}

/**
 * Preemption between the two readings would look like a sleep, so a slow reading is repeated; the best of them errs
 * downwards.
 */
export function sleptSinceBoot(bootClock: () => number): number {
  let best = { spread: Number.POSITIVE_INFINITY, slept: 0 };
  for (let attempt = 0; attempt < MAX_ATTEMPTS && best.spread > MAX_SPREAD_MS; attempt++) {
    const before = monotonic();
    const boottime = bootClock();
    const after = monotonic();
    if (after - before < best.spread) best = { spread: after - before, slept: boottime - after };
  }
  return best.slept;
}
