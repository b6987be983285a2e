import { type Libc, MessageRing, SystemError } from '../../ifnet/linux/index.js';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0x800;
const NETLINK_KOBJECT_UEVENT = 15;
const KERNEL_GROUP = 1; // 2 is udevd's
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SOCKADDR_NL = 12;

export interface UeventBatch {
  /** Some were lost before they could be read. */
  readonly lost: boolean;
  /** How many came from somebody else than the kernel. */
  readonly foreign: number;
}

/** Hears the kernel's uevents in the network namespace in which it is made. */
export class UeventSocket implements Disposable {
  readonly fd: number;
  readonly #libc: Libc;
  readonly #ring: MessageRing;

  constructor(libc: Libc, receiveBuffer: number) {
    this.#libc = libc;
    // The kernel's buffer for a uevent has 2 KiB; a device with a long path needs a little more for its header.
    this.#ring = new MessageRing(libc, { count: 32, size: 8192, name: SOCKADDR_NL });
    this.fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    this.#setReceiveBuffer(receiveBuffer);
    const address = Buffer.alloc(SOCKADDR_NL);
    address.writeUInt16LE(AF_NETLINK);
    address.writeUInt32LE(KERNEL_GROUP, 8);
    libc.bind(this.fd, address);
  }

  /** Reads one batch. A datagram is valid only during the call. */
  read(visit: (datagram: Uint8Array) => void): UeventBatch {
    let count: number;
    try {
      count = this.#ring.read(this.fd);
    } catch (error) {
      if (error instanceof SystemError && error.code === 'ENOBUFS') return { lost: true, foreign: 0 };
      throw error;
    }
    let [lost, foreign] = [false, 0];
    for (let slot = 0; slot < count; slot++) {
      const datagram = this.#ring.datagram(slot);
      if (!this.#isFromKernel(slot)) foreign++;
      else if (datagram === undefined) lost = true;
      else visit(datagram);
    }
    return { lost, foreign };
  }

  [Symbol.dispose](): void {
    this.#libc.close(this.fd);
  }

  /** The kernel is port 0, which nobody else can be (netlink(7)); anybody with the privilege may send to the group. */
  #isFromKernel(slot: number): boolean {
    return this.#ring.sender(slot).readUInt32LE(4) === 0;
  }

  #setReceiveBuffer(bytes: number): void {
    try {
      this.#libc.setsockopt(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes);
    } catch {
      this.#libc.setsockopt(this.fd, SOL_SOCKET, SO_RCVBUF, bytes);
    }
  }
}
