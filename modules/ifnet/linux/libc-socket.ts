import { AF_INET, AF_INET6, type Libc, Poller, SOCK_NONBLOCK, SOCK_RAW } from '../../libc/index.js';
import type { RawSocket, RawSocketOptions } from './raw-socket.js';

/**
 * A raw socket opened by the C library. A pending error (ENETDOWN …) makes it readable, and the read that reports the
 * error clears it; so this kind never fails.
 */
export class LibcSocket implements RawSocket {
  readonly fd: number;
  readonly #poller: Poller;
  #open = true;

  /** @throws SystemError: EPERM without CAP_NET_RAW */
  constructor(
    private readonly libc: Libc,
    { family, protocol, readable }: RawSocketOptions,
  ) {
    this.fd = libc.socket(family === 4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_NONBLOCK, protocol);
    this.#poller = Poller.orClose(libc, this.fd, readable);
  }

  pause(paused: boolean): void {
    this.#poller.pause(paused);
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#poller[Symbol.dispose]();
    this.libc.close(this.fd);
  }
}
