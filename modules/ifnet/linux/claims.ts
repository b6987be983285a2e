import { AF_UNIX, type Libc, SOCK_DGRAM, SocketAddress, SystemError } from '../../libc/index.js';

/**
 * Names held by this process, each by a socket with that name in the abstract namespace (unix(7)). The kernel keeps such
 * names per network namespace, gives each to one socket, and frees it when the process ends, however it ends.
 */
export class Claims implements Disposable {
  readonly #held = new Set<Disposable>();

  /** Call it within the network namespace. @returns undefined while another socket has the name */
  claim(libc: Libc, name: string): Disposable | undefined {
    let fd: number;
    try {
      fd = libc.open(AF_UNIX, SOCK_DGRAM, 0, (opened) =>
        libc.bind(opened, new SocketAddress(`@${name}`).bytes),
      );
    } catch (error) {
      if (error instanceof SystemError && error.code === 'EADDRINUSE') return undefined;
      throw error;
    }
    const claim = {
      [Symbol.dispose]: () => {
        if (this.#held.delete(claim)) libc.close(fd);
      },
    };
    this.#held.add(claim);
    return claim;
  }

  [Symbol.dispose](): void {
    for (const claim of this.#held) claim[Symbol.dispose]();
  }
}
