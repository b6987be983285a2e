/** FreeBSD's CARP_MAXSKEW: demotion does not raise advskew above this. */
export const CARP_MAXSKEW = 240;

/**
 * advskew as sent: FreeBSD's DEMOTE_ADVSKEW, `min(240, max(0, advskew + demotion))`. An advskew above 240, which ucarp
 * and OpenBSD allow, is kept rather than improved.
 */
export function demotedSkew(advskew: number, demotion: number): number {
  if (demotion === 0) return advskew;
  return Math.min(Math.max(CARP_MAXSKEW, advskew), Math.max(0, advskew + demotion));
}

/** The demotion byte as sent to OpenBSD, 0 to 255: one step of its counters weighs as much as FreeBSD's usual 240. */
export function demoteByte(demotion: number): number {
  return Math.min(255, Math.max(0, Math.ceil(demotion / CARP_MAXSKEW)));
}
