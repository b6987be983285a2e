import type { Callout, VirtualClock } from '../../core/index.js';
import type { Ifnet, IpPacket, IpSocketOptions } from '../../modules/ifnet/index.js';

/**
 * What one family of an interface suffers from: it hears no advertisement, it is not heard, or it hears late. The other
 * family works, and so does the kernel of the host: a switch that filters multicast drops no ARP. `bare`: the host has
 * no address of its own in that family, and knows it. `off`: beside that it does not hear what comes in either.
 */
export interface Ailment {
  readonly family: 4 | 6;
  readonly kind: 'deaf' | 'mute' | 'late' | 'bare' | 'off';
}

/** How much later than the others a host hears. */
export const LATE_MS = 700;

/** The way between the sockets of an interface and the wire. It outlives the interface: it is the cable's. */
export class AilingWire {
  readonly #ailments = new Map<4 | 6, Ailment['kind']>();
  /** Of each socket: what it will hear late. */
  readonly #late = new Map<object, Set<Callout>>();

  constructor(
    private readonly clock: VirtualClock,
    private readonly name: string,
  ) {}

  ail({ family, kind }: Ailment): void {
    this.#ailments.set(family, kind);
  }

  recover(): void {
    this.#ailments.clear();
  }

  /** Whether the family is switched off on the host itself. */
  isOff(family: 4 | 6): boolean {
    return this.#ailments.get(family) === 'off';
  }

  /** Whether the host has no address of its own in the family. */
  isBare(family: 4 | 6): boolean {
    return this.#ailments.get(family) === 'bare' || this.isOff(family);
  }

  /** Sockets opened on the interface from now on are on this wire. */
  adopt(ifp: Ifnet): void {
    const open = ifp.openIp.bind(ifp);
    ifp.openIp = (options: IpSocketOptions) => {
      const late = new Set<Callout>();
      const socket = open({ ...options, input: (packet) => this.#receive(packet, options, late) });
      this.#late.set(socket, late);
      const [send, close] = [socket.send.bind(socket), socket[Symbol.dispose].bind(socket)];
      return Object.assign(socket, {
        // What waits in a socket that is closed is lost.
        [Symbol.dispose]: () => {
          this.#forget(socket);
          close();
        },
        send: (payload: Uint8Array, to: Parameters<typeof send>[1]) => {
          if (this.#ailments.get(options.family) !== 'mute') send(payload, to);
        },
      });
    };
  }

  /** The host is switched off: what is under way is lost. */
  clear(): void {
    for (const socket of this.#late.keys()) this.#forget(socket);
  }

  #forget(socket: object): void {
    for (const callout of this.#late.get(socket) ?? []) callout[Symbol.dispose]();
    this.#late.delete(socket);
  }

  #receive(packet: IpPacket, { family, input }: IpSocketOptions, late: Set<Callout>): void {
    const kind = this.#ailments.get(family);
    if (kind === 'deaf' || kind === 'off') return;
    if (kind !== 'late') return input(packet);
    const copy = { ...packet, payload: packet.payload.slice() };
    const callout: Callout = this.clock.callout(`late at ${this.name}`, () => {
      late.delete(callout);
      input(copy);
    });
    late.add(callout);
    callout.reset(LATE_MS);
  }
}
