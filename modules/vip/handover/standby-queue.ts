import type { IpPacket } from '../../ifnet/index.js';

/** A predecessor stops reading a moment before its successor begins; more than that is not needed. */
const KEPT_MS = 250;
const MAX_PACKETS = 256;

/** A packet and the kind of socket that it came by. */
interface Kept {
  readonly packet: IpPacket;
  readonly kind: 'group' | 'unicast';
  readonly time: number;
}

/** What arrives while a predecessor is at work, which reads it too, but for the very last. */
export class StandbyQueue {
  #packets: Kept[] = [];

  /** Copies the packet: its bytes are the socket's. */
  put(packet: IpPacket, kind: Kept['kind'], time: number): void {
    if (this.#packets.length >= MAX_PACKETS) this.#packets.shift();
    this.#packets.push({ packet: { ...packet, payload: packet.payload.slice() }, kind, time });
  }

  /** The latest, oldest first; the queue is empty then. */
  take(now: number): Kept[] {
    return this.#packets.splice(0).filter(({ time }) => now - time <= KEPT_MS);
  }
}
