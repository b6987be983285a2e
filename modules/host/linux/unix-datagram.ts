/** Datagrams to a Unix socket, which Node itself cannot send. */
import { constants } from 'node:os';
import koffi from 'koffi';

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
/** sizeof(sun_path): unix(7). */
const LONGEST_PATH = 108;

/** Where two names share a number, the first: EAGAIN, not EWOULDBLOCK. */
const ERRNO_NAMES = new Map(
  Object.entries(constants.errno)
    .toReversed()
    .map(([name, code]) => [code, name]),
);

/** The C library that Node itself runs on, whatever its name is. */
const libc = koffi.load(null);
const systemCalls = {
  socket: libc.func('int socket(int, int, int)'),
  sendto: libc.func('int64_t sendto(int, const uint8_t *, size_t, int, const uint8_t *, uint32_t)'),
  close: libc.func('int close(int)'),
};

/** A socket that sends to one address and never waits. */
export class UnixDatagram implements Disposable {
  readonly #address: Uint8Array;
  #fd: number;

  /**
   * @param name a path, or `@` and an abstract name: unix(7)
   * @throws RangeError when the name is too long, Error with the errno's name when there is no socket to be had
   */
  constructor(name: string) {
    this.#address = socketAddress(name);
    this.#fd = systemCalls.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
    if (this.#fd < 0) throw new Error(`socket: ${errnoName()}`);
  }

  /** @returns undefined when it was sent, else the errno's name: EAGAIN when the receiver's queue is full */
  send(text: string): string | undefined {
    const bytes = new TextEncoder().encode(text);
    const address = this.#address;
    const sent = systemCalls.sendto(
      this.#fd,
      bytes,
      bytes.length,
      MSG_DONTWAIT_NOSIGNAL,
      address,
      address.length,
    );
    return sent < 0 ? errnoName() : undefined;
  }

  [Symbol.dispose](): void {
    if (this.#fd >= 0) systemCalls.close(this.#fd);
    this.#fd = -1;
  }
}

/** struct sockaddr_un: a path ends with a NUL, an abstract name begins with one and is as long as the address says. */
function socketAddress(name: string): Uint8Array {
  const path = new TextEncoder().encode(name.startsWith('@') ? `\0${name.slice(1)}` : `${name}\0`);
  if (path.length > LONGEST_PATH) throw new RangeError(`the socket name ${name} is too long`);
  const address = new Uint8Array(2 + path.length);
  new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX;
  address.set(path, 2);
  return address;
}

function errnoName(): string {
  const errno = koffi.errno();
  return ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
}
