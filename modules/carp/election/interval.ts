/**
 * Times of the protocol. An interval is `advbase + advskew/256` seconds, so all are compared as whole 1/256 s. A
 * received advertisement never changes one's own timeout: each host uses its own values (VRRPv3 differs here).
 */

/** advbase and advskew as one number in 1/256 s; what elections compare. */
export function intervalUnits(advbase: number, advskew: number): number {
  return advbase * 256 + advskew;
}

/** Milliseconds between two advertisements. With advbase and advskew 0 it is 1/256 s, as on OpenBSD. */
export function advertInterval(advbase: number, advskew: number): number {
  return (Math.max(1, intervalUnits(advbase, advskew)) * 1000) / 256;
}

/**
 * How long a BACKUP waits for an advertisement, in 1/256 s: `ratio × advbase` and once the skew. With advbase 0 it is
 * `ratio` intervals, as on OpenBSD (`carp_setrun`); FreeBSD and OpenBSD know only the ratio 3.
 */
export function deadTimeUnits(advbase: number, advskew: number, ratio: number): number {
  return advbase === 0 ? ratio * Math.max(1, advskew) : ratio * advbase * 256 + advskew;
}

/** The same in milliseconds. */
export function deadTime(advbase: number, advskew: number, ratio: number): number {
  return (deadTimeUnits(advbase, advskew, ratio) * 1000) / 256;
}

/** Milliseconds: 1/16 s, of which a whole second is a multiple. */
const GRID = 62.5;

/**
 * The first advertisement of a term is up to 1/16 s early, so that vhids with the same interval advertise in company:
 * a process with a thousand of them then wakes up 16 times a second and not a thousand times.
 */
export function inCompany(deadline: number, interval: number): number {
  return interval < 8 * GRID ? deadline : Math.floor(deadline / GRID) * GRID;
}
