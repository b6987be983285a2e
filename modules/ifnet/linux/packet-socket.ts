import { AF_PACKET, type Libc, packetAddress, SOCK_RAW } from '../../libc/index.js';

/**
 * Sends whole frames, through one AF_PACKET socket for all interfaces (packet(7)). Bound to protocol 0, it receives
 * nothing. The call returns when the interface's queue has the frame.
 */
export class PacketSocket implements Disposable {
  readonly #fd: number;
  readonly #address = packetAddress(0, 0);

  constructor(private readonly libc: Libc) {
    this.#fd = libc.socket(AF_PACKET, SOCK_RAW);
  }

  /** @throws SystemError ENETDOWN, ENXIO, ENOBUFS, EMSGSIZE … */
  transmit(index: number, frame: Uint8Array): void {
    // The kernel's filters and queues look at the EtherType.
    const etherType = (frame[12]! << 8) | frame[13]!;
    this.libc.sendto(this.#fd, frame, packetAddress(index, etherType, this.#address));
  }

  [Symbol.dispose](): void {
    this.libc.close(this.#fd);
  }
}
