/** A peer that was heard within so many of its intervals is a MASTER now. */
const LIVE_INTERVALS = 2.5;
const DAY_MS = 86_400_000;

/** `0.40 s`, `12 s`, `5 min`, `3.2 h`. */
export function secondsText(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(0)} s`;
  return ms < 7_200_000 ? `${(ms / 60_000).toFixed(0)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}

/** Local time of day; with the date if it is more than a day ago. @param time and `now` in ms since 1970 */
export function timeText(time: number, now: number): string {
  const date = new Date(time);
  const two = (part: number): string => String(part).padStart(2, '0');
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  if (now - time < DAY_MS) return clock;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
}

/** Whether a peer advertises now. @param interval of its advertisements, in ms */
export function isLiveAt(
  { heardAgo, bowedOut }: { readonly heardAgo: number; readonly bowedOut: boolean },
  interval: number,
): boolean {
  return !bowedOut && heardAgo <= LIVE_INTERVALS * interval;
}

/** Peers as they were known `ago` ms before; one that was heard since counts as heard then. */
export function asOf<Peer extends { readonly heardAgo: number }>(
  peers: readonly Peer[],
  ago: number,
): Peer[] {
  return peers.map((peer) => ({ ...peer, heardAgo: Math.max(0, peer.heardAgo - ago) }));
}
