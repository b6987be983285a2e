import { SocketAddress } from './addresses.js';
import { AF_UNIX, SOCK_DGRAM } from './constants.js';
import { SystemError } from './errno.js';
import { Libc } from './libc.js';

/** A Unix datagram socket, which Node itself lacks. It sends to one address and never waits. */
export class UnixDatagram implements Disposable {
  readonly #libc = Libc.load();
  readonly #address: Buffer;
  #fd: number;

  /**
   * @param name a path, or `@` and an abstract name: unix(7)
   * @throws CarpetError EINVAL for a name that is too long, SystemError when there is no socket to be had
   */
  constructor(name: string) {
    this.#address = new SocketAddress(name).bytes;
    this.#fd = this.#libc.socket(AF_UNIX, SOCK_DGRAM);
  }

  /** @returns undefined when it was sent, else the errno's name: EAGAIN when the receiver's queue is full */
  send(text: string): string | undefined {
    try {
      this.#libc.sendto(this.#fd, Buffer.from(text), this.#address);
      return undefined;
    } catch (error) {
      if (error instanceof SystemError) return error.code;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd >= 0) this.#libc.close(this.#fd);
    this.#fd = -1;
  }
}
