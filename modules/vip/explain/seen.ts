import type { InetAddress, InetFamily } from '../../ifnet/index.js';

/** RFC 9568 section 7.1; CARP's receivers demand the same. */
const LINK_TTL = 255;

/** A packet of IP protocol 112, as somebody saw it on the network. */
export interface SeenOnLink {
  /** When, in ms since 1970, with fractions. */
  readonly time: number;
  readonly family: InetFamily;
  readonly source: InetAddress;
  readonly destination: InetAddress;
  /** Time to live, or hop limit. */
  readonly ttl: number;
  /** What follows the IP header, or an authentication header, as far as it was captured. */
  readonly payload: Uint8Array;
  /** Its length when it was sent. */
  readonly length: number;
  /** An authentication header (RFC 4302) stands in front of it. */
  readonly authenticated: boolean;
  /** The IP header's checksum is right. */
  readonly headerHolds: boolean;
  /** VLAN identifiers, the outermost first. The same number in two VLANs is two. */
  readonly vlans: readonly number[];
}

/** What is wrong with a packet's way: no receiver takes it. */
export interface PlaceFault {
  readonly kind: 'wrong checksum' | 'wrong ttl';
  /** The cause; no capital, no full stop. */
  readonly text: string;
}

/** How it came here. */
export function placeFaults({ headerHolds, ttl, destination }: SeenOnLink): PlaceFault[] {
  const faults: PlaceFault[] = [];
  if (!headerHolds) faults.push({ kind: 'wrong checksum', text: 'of its IP header: every host drops it' });
  if (ttl !== LINK_TTL && destination.isMulticast)
    faults.push({
      kind: 'wrong ttl',
      text: `${ttl} instead of ${LINK_TTL}: it came through a router, or was made by one that is not on the link`,
    });
  return faults;
}
