/** The other end of NOTIFY_SOCKET: a bound Unix datagram socket, read without waiting. */
import { rmSync } from 'node:fs';
import koffi from 'koffi';

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_DONTWAIT = 0x40;

const libc = koffi.load(null);
const socket = libc.func('int socket(int, int, int)');
const bind = libc.func('int bind(int, const uint8_t *, uint32_t)');
const recv = libc.func('int64_t recv(int, _Out_ uint8_t *, size_t, int)');
const close = libc.func('int close(int)');

export class DatagramReceiver implements Disposable {
  readonly #fd: number;

  /** @param name a path, or `@` and an abstract name, as in NOTIFY_SOCKET */
  constructor(readonly name: string) {
    const path = Buffer.from(name.startsWith('@') ? `\0${name.slice(1)}` : `${name}\0`);
    const address = Buffer.concat([Buffer.from(Uint16Array.of(AF_UNIX).buffer), path]);
    this.#fd = socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0) as number;
    if (bind(this.#fd, address, address.length) !== 0)
      throw new Error(`bind ${name}: errno ${koffi.errno()}`);
  }

  /** The oldest message that has arrived. */
  next(): string | undefined {
    const buffer = Buffer.alloc(4096);
    const length = Number(recv(this.#fd, buffer, buffer.length, MSG_DONTWAIT));
    return length < 0 ? undefined : buffer.toString('utf8', 0, length);
  }

  /** All messages that have arrived. */
  all(): string[] {
    const messages: string[] = [];
    for (let message = this.next(); message !== undefined; message = this.next()) messages.push(message);
    return messages;
  }

  [Symbol.dispose](): void {
    close(this.#fd);
    if (!this.name.startsWith('@')) rmSync(this.name, { force: true });
  }
}
