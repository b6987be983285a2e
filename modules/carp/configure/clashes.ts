import { formatLladdr, InetPrefix, parseLladdr } from '../../ifnet/index.js';
import { isLocal } from '../../vip/index.js';
import { virtualLladdr } from '../wire/virtual-lladdr.js';

/** The settings that decide what a vhid holds, checked or not. */
export interface Holder {
  readonly ifname: string;
  readonly vhid: number;
  readonly addresses?: unknown;
  readonly manageAddresses?: unknown;
  readonly provider?: unknown;
  readonly virtualMac?: unknown;
  readonly lladdr?: unknown;
}

/** Two vhids of one list that claim the same thing. */
export interface VhidClash {
  /** Position of the later one. */
  readonly index: number;
  /** Position of the one that claims it first. */
  readonly owner: number;
  /** What they claim: `10.0.0.100 on eth0`. */
  readonly thing: string;
}

/**
 * Finds what two vhids of one kernel cannot both have, though each is valid by itself: the same number on an interface;
 * an address on it, which the first to leave MASTER would remove under the other; a link-layer address to serve from,
 * which only one macvlan can have. Reports the first clash of each vhid.
 */
export function vhidClashes(vhids: readonly Holder[]): VhidClash[] {
  const owners = new Map<string, number>();
  return vhids.flatMap((vhid, index) => {
    const wanted = [...possessions(vhid)];
    const taken = wanted.find((thing) => owners.has(thing));
    for (const thing of wanted) if (!owners.has(thing)) owners.set(thing, index);
    return taken === undefined ? [] : [{ index, owner: owners.get(taken)!, thing: taken }];
  });
}

/** What a vhid cannot share with another vhid, by name. */
export function possessions(vhid: Holder): Set<string> {
  const { ifname, addresses, manageAddresses, provider = 'netlink' } = vhid;
  const puts = manageAddresses !== false && typeof provider === 'string' && isLocal(provider);
  const placed = Array.isArray(addresses) && puts ? addresses.flatMap(addressOf) : [];
  const things = [`vhid ${vhid.vhid}`, ...placed, ...virtualMacOf(vhid)];
  return new Set(things.map((thing) => `${thing} on ${ifname}`));
}

/** The address of `virtualMac: 'service'`. None for an invalid one, which is refused with the other settings. */
function virtualMacOf({ vhid, virtualMac, provider, lladdr }: Holder): string[] {
  if (virtualMac !== 'service' && provider !== 'macvlan') return [];
  if (lladdr instanceof Uint8Array) return [formatLladdr(lladdr)];
  if (typeof lladdr !== 'string') return [formatLladdr(virtualLladdr(vhid))];
  try {
    return [formatLladdr(parseLladdr(lladdr))];
  } catch {
    return [];
  }
}

/** The address without its prefix length. None for an invalid one, which is refused with the other settings. */
function addressOf(text: unknown): string[] {
  try {
    return [InetPrefix.parse(String(text)).address.toString()];
  } catch {
    return [];
  }
}
