import type { Ifnet, IpSocketOptions } from '../../modules/ifnet/index.js';

/** The sockets that are opened on an interface from now on, by what their users asked for. */
export function openedSockets(ifp: Ifnet): IpSocketOptions[] {
  const openIp = ifp.openIp.bind(ifp);
  const opened: IpSocketOptions[] = [];
  ifp.openIp = (options) => {
    opened.push(options);
    return openIp(options);
  };
  return opened;
}
