/**
 * Room for one recvmmsg(2): up to `count` datagrams of `size` bytes come in one call, with their sender and control
 * data if asked for. Slots are overwritten by the next read: what must outlive it is copied.
 */
import type { Libc } from './libc.js';
import { MSG_TRUNC } from './libc.js';

const HEADER = 64; // struct mmsghdr
const IOVEC = 16;

export interface RingOptions {
  readonly count: number;
  readonly size: number;
  /** Bytes for the sender's socket address; 0 for none. */
  readonly name?: number;
  /** Bytes for control messages; 0 for none. */
  readonly control?: number;
}

export class MessageRing {
  readonly count: number;
  readonly #headers: Buffer;
  readonly #vectors: Buffer;
  readonly #data: Buffer;
  readonly #names: Buffer;
  readonly #controls: Buffer;
  readonly #size: number;
  readonly #name: number;
  readonly #control: number;

  constructor(
    private readonly libc: Libc,
    { count, size, name = 0, control = 0 }: RingOptions,
  ) {
    this.count = count;
    this.#size = size;
    this.#name = name;
    this.#control = control;
    this.#headers = Buffer.alloc(HEADER * count);
    this.#vectors = Buffer.alloc(IOVEC * count);
    this.#data = Buffer.alloc(size * count);
    this.#names = Buffer.alloc(Math.max(1, name) * count);
    this.#controls = Buffer.alloc(Math.max(1, control) * count);
    this.#layOut();
  }

  /** How many datagrams came, 0 when there are none; throws SystemError (ENOBUFS on a netlink overrun). */
  read(fd: number, limit = this.count): number {
    const count = Math.min(limit, this.count);
    this.#rearm(count);
    return Math.max(0, this.libc.recvmmsg(fd, this.#headers, count));
  }

  /** Undefined where the datagram was longer than its slot. */
  datagram(slot: number): Buffer | undefined {
    const at = slot * HEADER;
    if (this.#headers.readUInt32LE(at + 48) & MSG_TRUNC) return undefined;
    const start = slot * this.#size;
    return this.#data.subarray(start, start + this.#headers.readUInt32LE(at + 56));
  }

  sender(slot: number): Buffer {
    return this.#names.subarray(slot * this.#name, (slot + 1) * this.#name);
  }

  control(slot: number): Buffer {
    const start = slot * this.#control;
    return this.#controls.subarray(start, start + Number(this.#headers.readBigUInt64LE(slot * HEADER + 40)));
  }

  #layOut(): void {
    const [data, vectors] = [this.libc.address(this.#data), this.libc.address(this.#vectors)];
    const [names, controls] = [this.libc.address(this.#names), this.libc.address(this.#controls)];
    for (let slot = 0; slot < this.count; slot++) {
      const [header, vector] = [slot * HEADER, slot * IOVEC];
      this.#vectors.writeBigUInt64LE(data + BigInt(slot * this.#size), vector);
      this.#vectors.writeBigUInt64LE(BigInt(this.#size), vector + 8);
      if (this.#name > 0) this.#headers.writeBigUInt64LE(names + BigInt(slot * this.#name), header);
      this.#headers.writeBigUInt64LE(vectors + BigInt(vector), header + 16);
      this.#headers.writeBigUInt64LE(1n, header + 24);
      if (this.#control > 0)
        this.#headers.writeBigUInt64LE(controls + BigInt(slot * this.#control), header + 32);
    }
  }

  /** The kernel wrote the lengths it used; give it the whole room again. */
  #rearm(count: number): void {
    for (let slot = 0; slot < count; slot++) {
      this.#headers.writeUInt32LE(this.#name, slot * HEADER + 8);
      this.#headers.writeUInt32LE(this.#control, slot * HEADER + 40);
    }
  }
}
