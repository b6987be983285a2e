import type { AddAddressOptions, IfAddress, InetPrefix } from '../index.js';
import type { AddressDetails } from './netlink/address.js';
import { IFA_F_NODAD, IFA_F_NOPREFIXROUTE } from './netlink/constants.js';

/** The interface that an address is put on. */
interface Addressed {
  readonly addresses: readonly IfAddress[];
}

/** What the kernel is asked for, with the options that an address has. */
export function addressDetails(
  ifp: Addressed,
  prefix: InetPrefix,
  options: AddAddressOptions,
): AddressDetails {
  const noprefixroute = options.noprefixroute === true || wouldEndRoute(ifp, prefix, options);
  const flags = (options.nodad ? IFA_F_NODAD : 0) | (noprefixroute ? IFA_F_NOPREFIXROUTE : 0);
  return { ...options, flags };
}

/**
 * In IPv6 the addresses of a network share one route to it, and a renewal gives the route the lifetime of the address
 * (modify_prefix_route in net/ipv6/addrconf.c): with it, the host's own addresses would lose their network. So an address
 * with a lifetime does without a route of its own where another address has one.
 */
function wouldEndRoute(
  { addresses }: Addressed,
  prefix: InetPrefix,
  { lifetime }: AddAddressOptions,
): boolean {
  if (lifetime === undefined || prefix.address.family === 4) return false;
  return addresses.some(
    (other) =>
      other.vhid === undefined &&
      other.prefix.length === prefix.length &&
      prefix.contains(other.prefix.address),
  );
}
