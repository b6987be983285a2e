import { SystemClock } from '../../../core/index.js';

/** A clock that counts as those of all processes of this host do (CLOCK_MONOTONIC): what one hands over, another takes. */
export function hostClock(): SystemClock {
  return new SystemClock(Number(process.hrtime.bigint()) / 1e6 - performance.now());
}
