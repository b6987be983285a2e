import { SocketAddress } from './addresses.js';
import { AF_UNIX, SOCK_DGRAM } from './constants.js';
import { SystemError } from './errno.js';
import { Libc } from './libc.js';

/** A Unix datagram socket, which Node lacks. It sends to one address and never waits. */
export class UnixDatagram implements Disposable {
  readonly #libc = Libc.load();
  readonly #address: Buffer;
  #fd: number;

  /**
   * @param name a path, or `@` and an abstract name: unix(7)
   * @throws CarpetError EINVAL if the name is too long; SystemError if no socket can be opened
   */
  constructor(name: string) {
    this.#address = new SocketAddress(name).bytes;
    this.#fd = this.#libc.socket(AF_UNIX, SOCK_DGRAM);
  }

  /** Sends one datagram. @returns undefined if it was sent, else the errno's name: EAGAIN if the receiver's queue is full */
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
