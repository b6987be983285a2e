/**
 * What the kernel reports of its own accord, in batches. An overrun (ENOBUFS, or a message longer than its slot) means
 * that something is lost; the caller then dumps and compares.
 */
import { AF_NETLINK, type Libc, SOCK_NONBLOCK, SOCK_RAW, SOL_SOCKET, SystemError } from '../libc.js';
import { MessageRing } from '../message-ring.js';
import { messages, type NetlinkMessage } from './message.js';

const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SLOTS = 64;
const SLOT_SIZE = 8192;

export class EventSocket implements Disposable {
  readonly fd: number;
  readonly #ring: MessageRing;

  /** `rcvbuf` in bytes; beyond net.core.rmem_max it needs CAP_NET_ADMIN, and is cut to it without. */
  constructor(
    private readonly libc: Libc,
    groups: number,
    rcvbuf: number,
  ) {
    this.#ring = new MessageRing(libc, { count: SLOTS, size: SLOT_SIZE, name: 12 });
    this.fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, 0);
    this.#setReceiveBuffer(rcvbuf);
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK);
    address.writeUInt32LE(groups, 8);
    libc.bind(this.fd, address);
  }

  /**
   * Reads one batch. 'empty' when nothing was there, 'more' when there may be more, 'overrun' when reports were lost.
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
      // Only the kernel may speak here, and it is port 0 (netlink(7)).
      else if (this.#ring.sender(slot).readUInt32LE(4) === 0)
        for (const message of messages(datagram)) visit(message);
    }
    if (lost) return 'overrun';
    return count === 0 ? 'empty' : 'more';
  }

  [Symbol.dispose](): void {
    this.libc.close(this.fd);
  }

  #setReceiveBuffer(bytes: number): void {
    try {
      this.libc.setsockopt(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes);
    } catch {
      this.libc.setsockopt(this.fd, SOL_SOCKET, SO_RCVBUF, bytes);
    }
  }
}
