import { AF_NETLINK, type Libc, NETLINK_ROUTE, netlinkAddress, SOCK_RAW } from '../../../libc/index.js';

/**
 * A netlink socket to which the kernel alone can say anything: it is connected to the kernel, which then refuses what other
 * processes send to it, privileged ones too.
 *
 * @param protocol default: routing
 */
export function openToKernel(
  libc: Libc,
  setUp: (fd: number) => void = () => {},
  protocol = NETLINK_ROUTE,
): number {
  return libc.open(AF_NETLINK, SOCK_RAW, protocol, (fd) => {
    libc.connect(fd, netlinkAddress(0));
    setUp(fd);
  });
}
