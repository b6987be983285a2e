/** What two vhids of one settings file cannot both have, though each for itself is right. */
import { InetPrefix } from '../../ifnet/index.js';
import { UsageError } from '../failure.js';

interface Named {
  readonly ifname: string;
  readonly vhid: number;
  readonly addresses?: unknown;
  readonly manageAddresses?: unknown;
}

/**
 * @throws UsageError when an interface has a vhid twice, of which one would be lost; or two vhids put the same address on
 *   it, which the one that leaves MASTER would take away from the other
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

function possessions({ ifname, vhid, addresses, manageAddresses }: Named): Set<string> {
  const placed = Array.isArray(addresses) && manageAddresses !== false ? addresses.flatMap(addressOf) : [];
  return new Set([`vhid ${vhid} on ${ifname}`, ...placed.map((address) => `${address} on ${ifname}`)]);
}

/** The address without its length. What is none is refused with the other settings of its vhid. */
function addressOf(text: unknown): string[] {
  try {
    return [InetPrefix.parse(String(text)).address.toString()];
  } catch {
    return [];
  }
}
