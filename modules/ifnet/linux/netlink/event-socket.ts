import {
  AF_NETLINK,
  attachProgram,
  isFromKernel,
  type Libc,
  MessageRing,
  NETLINK_ROUTE,
  netlinkAddress,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCKADDR_NL,
  SystemError,
} from '../../../libc/index.js';
import { messages, type NetlinkMessage } from './message.js';
import { quietAboutRenewals } from './quiet.js';

const SLOTS = 64;
const SLOT_SIZE = 8192;

/** Receives the kernel's reports, in batches. After an overrun the caller dumps and compares. */
export class EventSocket implements Disposable {
  readonly fd: number;
  readonly #ring: MessageRing;

  /** @param rcvbuf in bytes; without CAP_NET_ADMIN the limit is net.core.rmem_max */
  constructor(
    private readonly libc: Libc,
    groups: number,
    rcvbuf: number,
  ) {
    this.#ring = new MessageRing(libc, { count: SLOTS, size: SLOT_SIZE, name: SOCKADDR_NL });
    this.fd = libc.open(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE, (fd) => {
      libc.setReceiveBuffer(fd, rcvbuf);
      attachProgram(libc, fd, quietAboutRenewals());
      libc.bind(fd, netlinkAddress(groups));
    });
  }

  /**
   * Reads one batch. Returns 'empty' if none waited, 'more' if more may wait, 'overrun' if reports were lost (ENOBUFS, or
   * a message longer than its slot).
   */
  read(visit: (message: NetlinkMessage) => void): 'empty' | 'more' | 'overrun' {
    let count: number;
    try {
      count = this.#ring.read(this.fd);
    } catch (error) {
      if (error instanceof SystemError && error.code === 'ENOBUFS') return 'overrun';
      throw error;
    }
    let lost = false;
    for (let slot = 0; slot < count; slot++) {
      const datagram = this.#ring.datagram(slot);
      if (datagram === undefined) lost = true;
      else if (isFromKernel(this.#ring.sender(slot)))
        for (const message of messages(datagram)) visit(message);
    }
    if (lost) return 'overrun';
    return count === 0 ? 'empty' : 'more';
  }

  [Symbol.dispose](): void {
    this.libc.close(this.fd);
  }
}
