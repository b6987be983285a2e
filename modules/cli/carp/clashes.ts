/** What two vhids of one settings file cannot both have, though each for itself is right. */
import { virtualLladdr } from '../../carp/index.js';
import { formatLladdr, InetPrefix, parseLladdr } from '../../ifnet/index.js';
import { UsageError } from '../failure.js';

interface Named {
  readonly ifname: string;
  readonly vhid: number;
  readonly addresses?: unknown;
  readonly manageAddresses?: unknown;
  readonly virtualMac?: unknown;
  readonly lladdr?: unknown;
}

/**
 * @throws UsageError when an interface has a vhid twice, of which one would be lost; or two vhids put the same address on
 *   it, which the one that leaves MASTER would take away from the other; or serve from one link-layer address, which
 *   only one of them can
 */
export function refuseClashes(file: string, vhids: readonly Named[]): void {
  const owners = new Map<string, string>();
  vhids.forEach((vhid, index) => {
    const where = `vhids[${index}]`;
    for (const thing of possessions(vhid)) {
      const owner = owners.get(thing);
      if (owner !== undefined)
        throw new UsageError(
          `${file}: ${where}: ${thing} belongs to ${owner} already: take it out of one of them`,
        );
      owners.set(thing, where);
    }
  });
}

function possessions(named: Named): Set<string> {
  const { ifname, vhid, addresses, manageAddresses } = named;
  const placed = Array.isArray(addresses) && manageAddresses !== false ? addresses.flatMap(addressOf) : [];
  const things = [`vhid ${vhid}`, ...placed, ...virtualMacOf(named)];
  return new Set(things.map((thing) => `${thing} on ${ifname}`));
}

/** With `virtualMac: 'service'`. What is no link-layer address is refused with the other settings too. */
function virtualMacOf({ vhid, virtualMac, lladdr }: Named): string[] {
  if (virtualMac !== 'service') return [];
  if (typeof lladdr !== 'string') return [formatLladdr(virtualLladdr(vhid))];
  try {
    return [formatLladdr(parseLladdr(lladdr))];
  } catch {
    return [];
  }
}

/** The address without its length. What is none is refused with the other settings of its vhid. */
function addressOf(text: unknown): string[] {
  try {
    return [InetPrefix.parse(String(text)).address.toString()];
  } catch {
    return [];
  }
}
