import type { Ifnet, InetAddress } from '../ifnet/index.js';

/** Says of an address that another host has it by now, although it may still be on an interface of this one. */
export type IsForeign = (address: InetAddress) => boolean;

/**
 * The addresses of an interface that are this host's to announce: a tentative one is not yet (RFC 4862 section 5.4), a failed
 * duplicate never.
 */
export function usableAddresses(ifp: Ifnet, isForeign: IsForeign): InetAddress[] {
  return ifp.addresses
    .filter(({ tentative, dadFailed }) => !tentative && dadFailed !== true)
    .map(({ prefix }) => prefix.address)
    .filter((address) => !isForeign(address));
}

/** Whether there are peers to notify: Ethernet with ARP (Linux skips IFF_NOARP too). */
export function hasPeers(ifp: Ifnet): boolean {
  return ifp.type === 'ether' && !ifp.flags.noarp && !ifp.flags.loopback;
}
