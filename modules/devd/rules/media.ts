/** The kind of link that SIOCGIFMEDIA reports on FreeBSD. */
export type MediaType = 'ethernet' | '802.11' | 'atm';

/** Returns the media type of an interface, undefined where SIOCGIFMEDIA would fail. Must not throw. */
export type MediaProbe = (ifname: string) => MediaType | undefined;

const KNOWN: ReadonlySet<string> = new Set<MediaType>(['ethernet', '802.11', 'atm']);

/** Whether devd.conf(5) knows the name; any other behaves like "unknown". */
export function isKnownMedia(name: string): boolean {
  return KNOWN.has(name.toLowerCase()) || name.toLowerCase() === 'unknown';
}

/** Whether an interface is of the media type a rule names; "unknown" matches an interface without one. */
export function mediaMatches(wanted: string, found: string | undefined): boolean {
  const name = wanted.toLowerCase();
  return KNOWN.has(name) ? found === name : found === undefined;
}
