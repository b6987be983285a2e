import {
  AF_NETLINK,
  isFromKernel,
  type Libc,
  MessageRing,
  NETLINK_KOBJECT_UEVENT,
  netlinkAddress,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCKADDR_NL,
  SystemError,
} from '../../libc/index.js';

const KERNEL_GROUP = 1; // 2 is udevd's

export interface UeventBatch {
  /** Whether some were lost before they could be read. */
  readonly lost: boolean;
  /** How many came from a process, not from the kernel. */
  readonly foreign: number;
  /** Whether nothing waits behind it. */
  readonly drained: boolean;
}

/** Receives the kernel's uevents in the network namespace in which it is opened. */
export class UeventSocket implements Disposable {
  readonly fd: number;
  readonly #libc: Libc;
  readonly #ring: MessageRing;

  constructor(libc: Libc, receiveBuffer: number) {
    this.#libc = libc;
    // The kernel's buffer for a uevent has 2 KiB; a device with a long path needs a little more for its header.
    this.#ring = new MessageRing(libc, { count: 32, size: 8192, name: SOCKADDR_NL });
    this.fd = libc.open(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT, (fd) => {
      libc.setReceiveBuffer(fd, receiveBuffer);
      libc.bind(fd, netlinkAddress(KERNEL_GROUP));
    });
  }

  /** Reads one batch. A datagram is valid only during the call. */
  read(visit: (datagram: Uint8Array) => void): UeventBatch {
    let count: number;
    try {
      count = this.#ring.read(this.fd);
    } catch (error) {
      if (!(error instanceof SystemError && error.code === 'ENOBUFS')) throw error;
      return { ...this.read(visit), lost: true };
    }
    let [lost, foreign] = [false, 0];
    for (let slot = 0; slot < count; slot++) {
      const datagram = this.#ring.datagram(slot);
      if (!isFromKernel(this.#ring.sender(slot))) foreign++;
      else if (datagram === undefined) lost = true;
      else visit(datagram);
    }
    return { lost, foreign, drained: count < this.#ring.count };
  }

  [Symbol.dispose](): void {
    this.#libc.close(this.fd);
  }
}
