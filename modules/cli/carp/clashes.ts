/** What two vhids of one settings file cannot both have, though each for itself is right. */
import { InetPrefix } from '../../ifnet/index.js';
import { UsageError } from '../failure.js';

interface Named {
  readonly ifname: string;
  readonly vhid: number;
  readonly addresses?: unknown;
}

/**
 * @throws UsageError when an interface has a vhid twice, of which one would be lost; or two vhids share an address,
 *   which the one that leaves MASTER would take away from the other
 */
export function refuseClashes(file: string, vhids: readonly Named[]): void {
  const owners = new Map<string, string>();
  vhids.forEach((vhid, index) => {
    const where = `vhids[${index}]`;
    for (const thing of possessions(vhid)) {
      const owner = owners.get(thing);
      if (owner !== undefined)
        throw new UsageError(`${file}: ${where}: ${thing} belongs to ${owner} already`);
      owners.set(thing, where);
    }
  });
}

function possessions({ ifname, vhid, addresses }: Named): Set<string> {
  const listed = Array.isArray(addresses) ? addresses.flatMap(addressOf) : [];
  return new Set([`vhid ${vhid} on ${ifname}`, ...listed.map((address) => `${address} on ${ifname}`)]);
}

/** The address without its length. What is none is refused with the other settings of its vhid. */
function addressOf(text: unknown): string[] {
  try {
    return [InetPrefix.parse(String(text)).address.toString()];
  } catch {
    return [];
  }
}
