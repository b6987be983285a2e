import { formatLladdr, InetPrefix, parseLladdr } from '../../ifnet/index.js';
import { virtualLladdr } from '../wire/virtual-lladdr.js';

/** The settings that decide what a vhid holds, whether they are checked already or not. */
export interface Holder {
  readonly ifname: string;
  readonly vhid: number;
  readonly addresses?: unknown;
  readonly manageAddresses?: unknown;
  readonly virtualMac?: unknown;
  readonly lladdr?: unknown;
}

/** Two vhids of one list that want the same thing. */
export interface VhidClash {
  /** Position of the later one. */
  readonly index: number;
  /** Position of the one that has it. */
  readonly owner: number;
  /** `10.0.0.100 on eth0` */
  readonly thing: string;
}

/**
 * What two vhids of one kernel cannot both have, the first thing of each that has been taken, though each for itself is right: the same vhid of an interface, of
 * which one would be lost; an address on it, which the one that leaves MASTER would take away from the other; a
 * link-layer address to serve from, which only one of them can.
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

/** What a vhid has for itself alone, by name. */
export function possessions(vhid: Holder): Set<string> {
  const { ifname, addresses, manageAddresses } = vhid;
  const placed = Array.isArray(addresses) && manageAddresses !== false ? addresses.flatMap(addressOf) : [];
  const things = [`vhid ${vhid.vhid}`, ...placed, ...virtualMacOf(vhid)];
  return new Set(things.map((thing) => `${thing} on ${ifname}`));
}

/** With `virtualMac: 'service'`. A wrong link-layer address is refused with the other settings. */
function virtualMacOf({ vhid, virtualMac, lladdr }: Holder): string[] {
  if (virtualMac !== 'service') return [];
  if (lladdr instanceof Uint8Array) return [formatLladdr(lladdr)];
  if (typeof lladdr !== 'string') return [formatLladdr(virtualLladdr(vhid))];
  try {
    return [formatLladdr(parseLladdr(lladdr))];
  } catch {
    return [];
  }
}

/** The address without its length. A wrong one is refused with the other settings of its vhid. */
function addressOf(text: unknown): string[] {
  try {
    return [InetPrefix.parse(String(text)).address.toString()];
  } catch {
    return [];
  }
}
