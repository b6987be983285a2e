/** `media-type`: what kind of link an interface is. */

/** What SIOCGIFMEDIA would say; undefined where it would fail. */
export type MediaType = 'ethernet' | '802.11' | 'atm';

/** Finds out an interface's media type. Must not throw. */
export type MediaProbe = (ifname: string) => MediaType | undefined;

const KNOWN: ReadonlySet<string> = new Set<MediaType>(['ethernet', '802.11', 'atm']);

/** Names the manual page has; any other behaves like "unknown". */
export function isKnownMedia(name: string): boolean {
  return KNOWN.has(name.toLowerCase()) || name.toLowerCase() === 'unknown';
}

/** Whether an interface is of the media type a rule names; "unknown" means that nothing can be found out. */
export function mediaMatches(wanted: string, found: string | undefined): boolean {
  const name = wanted.toLowerCase();
  return KNOWN.has(name) ? found === name : found === undefined;
}
