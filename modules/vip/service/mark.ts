import type { IfAddress, Ifnet } from '../../ifnet/index.js';

/**
 * Noted with every address that carpet puts on an interface (IFA_PROTO): the number of CARP and VRRP among the IP protocols.
 * `ip address show proto 112` lists them.
 */
export const VIP_ADDRESS_PROTOCOL = 112;

/** Whether a carpet put the address there, of this process or another, running or killed. */
export function isMarked({ protocol }: IfAddress): boolean {
  return protocol === VIP_ADDRESS_PROTOCOL;
}

/**
 * Whether a carpet may have put the address there, on a host that cannot say (Linux before 5.18). The only address of its
 * family is the host's own, and so is one with a longer lifetime than carpet gives.
 *
 * @param lifetime that of the vhid's addresses, in seconds
 */
export function mayBeMarked(ifp: Ifnet, { prefix, validMs }: IfAddress, lifetime = 0): boolean {
  const { family } = prefix.address;
  const others = ifp.addresses.some((a) => a.prefix.address.family === family && !a.prefix.equals(prefix));
  return others && (validMs === undefined || validMs <= lifetime * 1000);
}
