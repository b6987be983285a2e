import { readdirSync } from 'node:fs';
import { AF_INET, AF_INET6, type Libc, SO_COOKIE, SOCK_RAW, SOL_SOCKET } from '../../libc/index.js';
import { IfnetError, type InetFamily } from '../index.js';
import type { RawSocket, RawSocketOptions } from './raw-socket.js';

interface Wrap {
  on(event: 'recvReady', listener: () => void): void;
  pause(receiving: boolean, sending: boolean): void;
  removeAllListeners(event: 'recvReady'): void;
}

interface Socket {
  readonly wrap: Wrap;
  getOption(level: number, option: number, value: Buffer, length: number): number;
  on(event: 'error', listener: (error: Error) => void): void;
  close(): void;
}

/** The part of the package raw-socket that is used here; the package has no types. */
export interface RawSocketPackage {
  createSocket(options: { protocol: number; addressFamily: number; bufferSize: number }): Socket;
}

/**
 * A socket of the package raw-socket, and the descriptor inside it. The package owns the socket and watches it. The driver
 * reads from the descriptor directly: the package reads one datagram per event and hides an IPv6 packet's hop limit and
 * destination, while recvmmsg(2) reads 64 at a time with both.
 *
 * Keep it referenced: the package closes the descriptor when its wrapper is garbage-collected.
 */
export class PackagedSocket implements RawSocket {
  readonly fd: number;
  readonly #socket: Socket;
  #open = true;

  /** @throws SystemError: EPERM without CAP_NET_RAW */
  constructor(
    private readonly libc: Libc,
    rawSocket: RawSocketPackage,
    { family, protocol, readable, failed }: RawSocketOptions,
  ) {
    this.#socket = createRaw(libc, rawSocket, family, protocol);
    this.#socket.wrap.removeAllListeners('recvReady');
    this.#socket.wrap.on('recvReady', () => this.#open && readable());
    this.#socket.on('error', (error) => {
      this.#open = false;
      failed(error);
    });
    this.fd = descriptorOf(libc, this.#socket);
    libc.descriptors++;
  }

  pause(paused: boolean): void {
    // The package never sends, so it must not wait for that.
    if (this.#open) this.#socket.wrap.pause(paused, true);
  }

  [Symbol.dispose](): void {
    this.libc.descriptors--;
    if (!this.#open) return;
    this.#open = false;
    this.#socket.close();
  }
}

function createRaw(libc: Libc, rawSocket: RawSocketPackage, family: InetFamily, protocol: number): Socket {
  try {
    // addressFamily: 1 is IPv4, 2 is IPv6. The buffer is never used.
    return rawSocket.createSocket({ protocol, addressFamily: family === 4 ? 1 : 2, bufferSize: 1 });
  } catch (cause) {
    // The package throws the C library's text without the errno: the same call again gives it.
    libc.close(libc.socket(family === 4 ? AF_INET : AF_INET6, SOCK_RAW, protocol));
    throw new IfnetError('EIO', '', `raw-socket could not open protocol ${protocol}`, { cause });
  }
}

/** The package hides the descriptor. The socket's cookie (SO_COOKIE), unique in the system, finds it. */
function descriptorOf(libc: Libc, socket: Socket): number {
  const wanted = Buffer.alloc(8);
  socket.getOption(SOL_SOCKET, SO_COOKIE, wanted, wanted.length);
  const cookie = Buffer.alloc(8);
  const descriptors = readdirSync('/proc/self/fd')
    .map(Number)
    .toSorted((a, b) => b - a);
  const fd = descriptors.find(
    (n) => libc.getsockopt(n, SOL_SOCKET, SO_COOKIE, cookie) && cookie.equals(wanted),
  );
  if (fd === undefined)
    throw new IfnetError('EBADF', '', 'the descriptor of a raw socket was not found in /proc/self/fd');
  return fd;
}
