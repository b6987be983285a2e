import {
  type Ifnet,
  IfnetError,
  type IpDestination,
  type IpPacket,
  type IpSocket,
  type IpSocketOptions,
  type PacketFilter,
  passes,
} from '../index.js';
import type { LanNic } from './nic.js';
import type { LanSocket } from './stack.js';

/**
 * A raw IP socket on the virtual LAN. Nothing waits below it: a frame that has arrived has been given to `input`,
 * so `drain` has nothing to do.
 */
export class LanIpSocket implements IpSocket, LanSocket {
  #filter: PacketFilter | undefined;
  #open = true;

  constructor(
    private readonly ifp: Ifnet,
    private readonly nic: LanNic,
    private readonly options: IpSocketOptions,
  ) {
    this.#filter = options.filter;
    nic.stack.sockets.add(this);
  }

  wants(packet: IpPacket, protocol: number): boolean {
    const { family, groups = [] } = this.options;
    if (family !== packet.family || protocol !== this.options.protocol) return false;
    const { destination } = packet;
    return !destination?.isMulticast || groups.some((group) => group.equals(destination));
  }

  input(packet: IpPacket): boolean {
    if (!passes(this.#filter, packet)) return false;
    if (this.#open) this.options.input(packet);
    return true;
  }

  send(payload: Uint8Array, to: IpDestination): void {
    const { family, protocol, broadcast = false } = this.options;
    if (!this.#open) throw new IfnetError('EBADF', this.ifp.name, 'the socket is closed');
    if (to.destination.family !== family) {
      throw new IfnetError('EAFNOSUPPORT', this.ifp.name, `${to.destination} is no IPv${family} address`);
    }
    this.nic.sendIp(payload, protocol, to, broadcast);
  }

  setFilter(filter: PacketFilter | undefined): void {
    this.#filter = filter;
  }

  drain(): void {}

  [Symbol.dispose](): void {
    this.#open = false;
    this.nic.stack.sockets.delete(this);
  }
}
