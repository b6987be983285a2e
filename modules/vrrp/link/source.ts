import type { Ifnet, InetAddress, InetFamily } from '../../ifnet/index.js';
import { isMarked } from '../../vip/index.js';
import type { VrrpSettings } from '../settings/router.js';

/** The interface's usable addresses that carpet has not put there, in their order. */
export function ownAddresses(ifp: Ifnet): InetAddress[] {
  return ifp.addresses
    .filter((a) => a.vhid === undefined && !isMarked(a) && !a.tentative && a.dadFailed !== true)
    .map(({ prefix }) => prefix.address);
}

/** The same for what asks at every packet: they are picked out when the interface's addresses have changed. */
export class OwnAddresses {
  readonly #ifp: Ifnet;
  #all: Ifnet['addresses'] | undefined;
  #own: readonly InetAddress[] = [];

  constructor(ifp: Ifnet) {
    this.#ifp = ifp;
  }

  has(address: InetAddress): boolean {
    const { addresses } = this.#ifp;
    if (addresses !== this.#all) {
      this.#all = addresses;
      this.#own = ownAddresses(this.#ifp);
    }
    for (const own of this.#own) if (own.equals(address)) return true;
    return false;
  }
}

/**
 * Where advertisements come from: the primary address (RFC 9568 section 1.7), which decides ties. Over IPv6 the
 * link-local one (section 5.1.2.1), but not to unicast peers. An owner may have no address but the shared one.
 */
export function sourceOf(ifp: Ifnet, settings: VrrpSettings, family: InetFamily): InetAddress | undefined {
  if (settings.source !== undefined) return settings.source;
  const own = ownAddresses(ifp).filter((address) => address.family === family);
  const shared = (address: InetAddress) => settings.addresses.some((each) => each.address.equals(address));
  const linkLocal = settings.peers.length === 0;
  const usable = own.filter((address) => !shared(address));
  if (family === 4) return usable[0] ?? own[0];
  return usable.find((address) => address.isLinkLocal === linkLocal) ?? (linkLocal ? undefined : usable[0]);
}
