/**
 * Times of the protocol. An interval is `advbase + advskew/256` seconds, so all are compared as whole 1/256 s. A
 * received advertisement never changes our own timeout: each host uses its own values (VRRPv3 differs here).
 *
 * @module
 */

/** advbase and advskew as one number in 1/256 s, which elections compare. */
export function intervalUnits(advbase: number, advskew: number): number {
  return advbase * 256 + advskew;
}

/** Intervals and timeouts in milliseconds. */
export function unitsToMs(units: number): number {
  return (units * 1000) / 256;
}

/** Milliseconds between two advertisements; 1/256 s if advbase and advskew are 0, as on OpenBSD. */
export function advertInterval(advbase: number, advskew: number): number {
  return unitsToMs(Math.max(1, intervalUnits(advbase, advskew)));
}

/**
 * How long a BACKUP waits for an advertisement, in 1/256 s: `ratio × advbase` plus advskew once. With advbase 0 it is
 * `ratio` intervals, as on OpenBSD (`carp_setrun`). FreeBSD and OpenBSD know only the ratio 3.
 */
export function deadTimeUnits(advbase: number, advskew: number, ratio: number): number {
  return advbase === 0 ? ratio * Math.max(1, advskew) : ratio * advbase * 256 + advskew;
}

/** {@link deadTimeUnits} of a host whose interval is `units`. */
export function deadTimeUnitsOf(units: number, ratio: number): number {
  return deadTimeUnits(units >> 8, units & 255, ratio);
}

/** {@link deadTimeUnits} in milliseconds. */
export function deadTime(advbase: number, advskew: number, ratio: number): number {
  return unitsToMs(deadTimeUnits(advbase, advskew, ratio));
}
