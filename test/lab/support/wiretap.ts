/**
 * One end of a cable, held by the test itself: what arrives there can be looked at in the same turn, and any frame can
 * be sent from there. Quicker than a tcpdump, and without its own process.
 */
import koffi from 'koffi';
import type { Namespace } from './namespace.js';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0x800;
const ETH_P_ALL = 3;
const PACKET_OUTGOING = 4;

export class Wiretap implements Disposable {
  readonly #libc = {
    close: koffi.load(null).func('int close(int)'),
    recvfrom: koffi.load(null).func('int64_t recvfrom(int, void *, size_t, int, void *, void *)'),
    sendto: koffi.load(null).func('int64_t sendto(int, const void *, size_t, int, const void *, uint32_t)'),
  };
  readonly #fd: number;
  readonly #address = Buffer.alloc(20);
  readonly #seen: Uint8Array[] = [];

  constructor(namespace: Namespace, ifname: string) {
    const socket = koffi.load(null).func('int socket(int, int, int)');
    const bind = koffi.load(null).func('int bind(int, const void *, uint32_t)');
    const index = JSON.parse(namespace.ip('-j', 'link', 'show', ifname))[0].ifindex as number;
    this.#address.writeUInt16LE(AF_PACKET);
    this.#address.writeUInt16BE(ETH_P_ALL, 2);
    this.#address.writeInt32LE(index, 4);
    using _inside = namespace.enter();
    this.#fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
    if (this.#fd < 0 || bind(this.#fd, this.#address, 20) !== 0) throw new Error(`cannot tap ${ifname}`);
  }

  /** Everything that has come in so far, oldest first; what was sent from here is left out. */
  frames(): readonly Uint8Array[] {
    const buffer = Buffer.alloc(65536);
    const from = Buffer.alloc(20);
    const length = Buffer.alloc(4);
    for (;;) {
      length.writeUInt32LE(20);
      const count = Number(this.#libc.recvfrom(this.#fd, buffer, buffer.length, 0, from, length));
      if (count < 0) return this.#seen;
      if (from[10] !== PACKET_OUTGOING) this.#seen.push(Uint8Array.from(buffer.subarray(0, count)));
    }
  }

  inject(frame: Uint8Array): void {
    const sent = Number(this.#libc.sendto(this.#fd, frame, frame.length, 0, this.#address, 20));
    if (sent !== frame.length)
      throw new Error(`a frame of ${frame.length} bytes was not sent: ${koffi.errno()}`);
  }

  [Symbol.dispose](): void {
    this.#libc.close(this.#fd);
  }
}
