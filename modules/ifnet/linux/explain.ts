import { SystemError } from '../../libc/index.js';
import { IfnetError } from '../index.js';
import { NetlinkError } from './netlink/request-socket.js';

const PRIVILEGE = 'it needs root, or the capabilities CAP_NET_ADMIN and CAP_NET_RAW';

const REMEDIES: Record<string, string> = {
  EPERM: PRIVILEGE,
  EACCES: PRIVILEGE,
  ENETDOWN: 'the interface is down',
  ENODEV: 'there is no such interface any more',
  ENXIO: 'there is no such interface any more',
  EEXIST: 'it is there already',
  EBUSY: 'something uses the interface, a bridge for instance',
  EADDRNOTAVAIL: 'it is not there',
  EADDRINUSE: 'something else on the same interface has that address, another macvlan for instance',
};

/**
 * Turns a SystemError into an error about an interface, with the kernel's own reason if it gave one, else with a remedy.
 * Returns any other error unchanged.
 * @param what completes "cannot …"
 */
export function explain(error: unknown, ifname: string, what: string): unknown {
  if (!(error instanceof SystemError)) return error;
  const reason = (error instanceof NetlinkError ? error.reason : undefined) ?? REMEDIES[error.code];
  const detail = reason === undefined ? error.code : `${reason} (${error.code})`;
  return new IfnetError(error.code, ifname, `cannot ${what}: ${detail}`, { cause: error });
}
