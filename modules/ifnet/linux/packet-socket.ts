/**
 * Frames out, through one AF_PACKET socket for all interfaces (packet(7)). Bound to protocol 0, it receives nothing.
 * The call returns when the frame is in the hands of the interface's queue.
 */
import { AF_PACKET, type Libc, SOCK_RAW } from './libc.js';

const SOCKADDR_LL = 20;

export class PacketSocket implements Disposable {
  readonly #fd: number;
  readonly #address = Buffer.alloc(SOCKADDR_LL);

  constructor(private readonly libc: Libc) {
    this.#fd = libc.socket(AF_PACKET, SOCK_RAW, 0);
    this.#address.writeUInt16LE(AF_PACKET);
  }

  /** Throws SystemError: ENETDOWN, ENXIO, ENOBUFS, EMSGSIZE … */
  transmit(index: number, frame: Uint8Array): void {
    // The EtherType, in network order as in the frame: the kernel's filters and queues look at it.
    this.#address[2] = frame[12] ?? 0;
    this.#address[3] = frame[13] ?? 0;
    this.#address.writeInt32LE(index, 4);
    this.libc.sendto(this.#fd, frame, this.#address);
  }

  [Symbol.dispose](): void {
    this.libc.close(this.#fd);
  }
}
