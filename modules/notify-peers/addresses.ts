import type { Ifnet, InetAddress, InetFamily } from '../ifnet/index.js';
import type { NotifyPeersRequest } from './events.js';

/**
 * The addresses of one family to announce. Without a list in the request: those of the interface that are in use;
 * a tentative one is not yet ours to claim (RFC 4862 section 5.4), a failed duplicate never.
 */
export function addressesToAnnounce(
  ifp: Ifnet,
  request: NotifyPeersRequest,
  family: InetFamily,
): readonly InetAddress[] {
  if (request.addresses !== undefined) {
    return request.addresses.filter((address) => address.family === family);
  }
  return ifp.addresses
    .filter((a) => a.prefix.address.family === family && !a.tentative && a.dadFailed !== true)
    .map((a) => a.prefix.address);
}

/** Whether there are peers to notify: Ethernet with ARP (Linux skips IFF_NOARP too). */
export function hasPeers(ifp: Ifnet): boolean {
  return ifp.type === 'ether' && !ifp.flags.noarp && !ifp.flags.loopback;
}
