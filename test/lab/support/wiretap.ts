/**
 * One end of a cable, held by the test itself: what arrives there can be looked at in the same turn, and any frame can
 * be sent from there. Quicker than a tcpdump, and without its own process.
 */
import {
  AF_PACKET,
  Libc,
  MessageRing,
  packetAddress,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCKADDR_LL,
} from '../../../modules/libc/index.js';
import type { Namespace } from './namespace.js';

const ETH_P_ALL = 3;
const PACKET_OUTGOING = 4;
/** Where struct sockaddr_ll has the kind of packet. */
const PKTTYPE = 10;

export class Wiretap implements Disposable {
  readonly #libc = Libc.load();
  readonly #ring = new MessageRing(this.#libc, { count: 16, size: 65_536, name: SOCKADDR_LL });
  readonly #fd: number;
  readonly #address: Buffer;
  readonly #seen: Uint8Array[] = [];

  constructor(namespace: Namespace, ifname: string) {
    const index = JSON.parse(namespace.ip('-j', 'link', 'show', ifname))[0].ifindex as number;
    this.#address = packetAddress(index, ETH_P_ALL);
    using _inside = namespace.enter();
    this.#fd = this.#libc.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK);
    this.#libc.bind(this.#fd, this.#address);
  }

  /** Everything that has come in so far, oldest first; what was sent from here is left out. */
  frames(): readonly Uint8Array[] {
    for (let count = this.#ring.read(this.#fd); count > 0; count = this.#ring.read(this.#fd)) {
      for (let slot = 0; slot < count; slot++) {
        const frame = this.#ring.datagram(slot);
        if (frame !== undefined && this.#ring.sender(slot)[PKTTYPE] !== PACKET_OUTGOING)
          this.#seen.push(Uint8Array.from(frame));
      }
    }
    return this.#seen;
  }

  inject(frame: Uint8Array): void {
    this.#libc.sendto(this.#fd, frame, this.#address);
  }

  [Symbol.dispose](): void {
    this.#libc.close(this.#fd);
  }
}
