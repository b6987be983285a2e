import { AF_NETLINK, type Libc, NETLINK_ROUTE, netlinkAddress, SOCK_RAW } from '../../../libc/index.js';

/**
 * A socket of the routing netlink to which the kernel alone can say anything: it is connected to the kernel, which then
 * refuses what other processes send to it, privileged ones too.
 */
export function openToKernel(libc: Libc, setUp: (fd: number) => void = () => {}): number {
  return libc.open(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, (fd) => {
    libc.connect(fd, netlinkAddress(0));
    setUp(fd);
  });
}
