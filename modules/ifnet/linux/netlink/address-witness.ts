import {
  AF_NETLINK,
  attachProgram,
  type Libc,
  NETLINK_ROUTE,
  netlinkAddress,
  POLLIN,
  SOCK_NONBLOCK,
  SOCK_RAW,
} from '../../../libc/index.js';
import { RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR } from './constants.js';
import { quietAboutRenewals } from './quiet.js';

/** One report is enough, and so is one that found no room: the kernel makes the smallest buffer of it. */
const NO_BUFFER = 0;

/**
 * Sees whether addresses change while they are dumped. Since Linux 6.9 a dump holds no lock: each part of it goes on behind as
 * many addresses as the parts before it had, and skips one that is there if another was removed meanwhile. The kernel's own
 * mark of that (NLM_F_DUMP_INTR) comes from a counter which it raises only after it has removed the address and reported it, so
 * the mark may be missing.
 */
export class AddressWitness implements Disposable {
  readonly #fd: number;

  /** Looks on from now. */
  constructor(private readonly libc: Libc) {
    this.#fd = libc.open(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE, (fd) => {
      libc.setReceiveBuffer(fd, NO_BUFFER);
      attachProgram(libc, fd, quietAboutRenewals());
      libc.bind(fd, netlinkAddress(RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR));
    });
  }

  /** Whether a change was reported. One whose report is still to come needs a lock that most requests wait for. */
  get sawChange(): boolean {
    return this.libc.poll(this.#fd, POLLIN) !== 0;
  }

  [Symbol.dispose](): void {
    this.libc.close(this.#fd);
  }
}
