/** What a raw socket is given (raw(7), ipv6(7)), and a reader behind a ring that gets it from a kernel. */
import assert from 'node:assert/strict';
import type { IpPacket } from '../../../../../modules/ifnet/index.js';
import { arrivalIndex, PacketReader } from '../../../../../modules/ifnet/linux/ip-input.js';
import { MessageRing } from '../../../../../modules/libc/index.js';
import { type Datagram, ReceivingKernel } from '../../../libc/support/receiving-kernel.js';

/** struct sockaddr_in6: family, port, flow, address, scope. */
export function sockaddrIn6(address: Uint8Array): Buffer {
  const name = Buffer.alloc(28);
  name.writeUInt16LE(10, 0);
  name.set(address, 8);
  name.writeUInt32LE(2, 24);
  return name;
}

/** struct cmsghdr with its data, padded for the next; `length` may be a lie. */
export function controlMessage(
  level: number,
  type: number,
  data: Uint8Array,
  length = 16 + data.length,
): Buffer {
  const message = Buffer.alloc(16 + ((data.length + 7) & ~7));
  message.writeUInt32LE(length, 0);
  message.writeInt32LE(level, 8);
  message.writeInt32LE(type, 12);
  message.set(data, 16);
  return message;
}

/** A C int. */
export function int(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  return buffer;
}

/** An IPv4 packet whose header says what it is told to say, true or not. */
export function ipv4({
  source = Uint8Array.of(192, 0, 2, 1),
  destination = Uint8Array.of(224, 0, 0, 18),
  ttl = 255,
  words = 5,
  total,
  payload = new Uint8Array(0),
}: {
  source?: Uint8Array;
  destination?: Uint8Array;
  ttl?: number;
  /** Header length in 32-bit words, as the header says; the header has at least five. */
  words?: number;
  total?: number;
  payload?: Uint8Array;
}): Uint8Array {
  const packet = Buffer.alloc(Math.max(20, words * 4) + payload.length);
  packet[0] = 0x40 | words;
  packet.writeUInt16BE(total ?? packet.length, 2);
  packet[8] = ttl;
  packet.set(source, 12);
  packet.set(destination, 16);
  packet.set(payload, Math.max(20, words * 4));
  return packet;
}

/** The ring in front of the readers: four slots, of which the datagram at hand gets the second. */
export class Reception {
  static readonly SIZE = 128;
  readonly #kernel = new ReceivingKernel();
  readonly ring = new MessageRing(this.#kernel, {
    count: 4,
    size: Reception.SIZE,
    name: 28,
    control: 128,
  });
  readonly #readers = { 4: new PacketReader(4), 6: new PacketReader(6) };

  /** Reads what follows at this moment, on the clock for arrivals and on the wall clock, in ms. */
  at(now: number, wall: number): this {
    for (const reader of Object.values(this.#readers)) reader.begin(now, wall);
    return this;
  }

  /** What the reader makes of it, and the interface; with full slots before and behind. */
  read(family: 4 | 6, datagram: Datagram): { packet: IpPacket | undefined; index: number } {
    const neighbour = { bytes: new Uint8Array(Reception.SIZE).fill(0x45), control: NEIGHBOURS_CONTROL };
    this.#kernel.queue.push(neighbour, datagram, neighbour);
    assert.equal(this.ring.read(0), 3);
    return { packet: this.#readers[family].read(this.ring, 1), index: arrivalIndex(this.ring, 1) };
  }

  /** The packet is not used any more. */
  release(family: 4 | 6, packet: IpPacket): void {
    this.#readers[family].release(packet);
  }
}

/** IPV6_PKTINFO and IPV6_HOPLIMIT, which nobody else may take for his own. */
const NEIGHBOURS_CONTROL = Buffer.concat([
  controlMessage(41, 50, new Uint8Array(20).fill(0x66)),
  controlMessage(41, 52, int(0x66)),
]);
