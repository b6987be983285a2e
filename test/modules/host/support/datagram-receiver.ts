/** The other end of NOTIFY_SOCKET or of syslog: a bound Unix datagram socket, read without waiting. */
import { rmSync } from 'node:fs';
import { AF_UNIX, Libc, SOCK_DGRAM, SocketAddress } from '../../../../modules/libc/index.js';

export class DatagramReceiver implements Disposable {
  readonly #libc = Libc.load();
  readonly #fd: number;

  /** @param name a path, or `@` and an abstract name, as in NOTIFY_SOCKET */
  constructor(readonly name: string) {
    this.#fd = this.#libc.socket(AF_UNIX, SOCK_DGRAM);
    this.#libc.bind(this.#fd, new SocketAddress(name).bytes);
  }

  /** The oldest message that has arrived. */
  next(): string | undefined {
    const buffer = Buffer.alloc(4096);
    const length = this.#libc.recv(this.#fd, buffer);
    return length < 0 ? undefined : buffer.toString('utf8', 0, length);
  }

  /** All messages that have arrived. */
  all(): string[] {
    const messages: string[] = [];
    for (let message = this.next(); message !== undefined; message = this.next()) messages.push(message);
    return messages;
  }

  [Symbol.dispose](): void {
    this.#libc.close(this.#fd);
    if (!this.name.startsWith('@')) rmSync(this.name, { force: true });
  }
}
