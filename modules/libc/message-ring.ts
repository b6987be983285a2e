import { MSG_CMSG_CLOEXEC, MSG_TRUNC } from './constants.js';
import type { Libc } from './libc.js';

const HEADER = 64; // struct mmsghdr
const IOVEC = 16;
/** Fields of a header that change, in 32-bit words. */
const NAMELEN = 2;
const CONTROLLEN = 10;
const FLAGS = 12;
const LENGTH = 14;

/** How much memory a ring has, and for what. */
export interface RingOptions {
  /** Datagrams received by one call at most. */
  readonly count: number;
  /** Bytes for each datagram. */
  readonly size: number;
  /** Bytes for the sender's socket address; 0 for none. */
  readonly name?: number;
  /** Bytes for control messages, a multiple of 8 as their alignment is; 0 for none. */
  readonly control?: number;
  /** Whether descriptors may be among these, of a Unix socket: they are closed in children. Packet sockets refuse that. */
  readonly descriptors?: boolean;
}

/**
 * Buffers for recvmmsg(2): one call receives up to `count` datagrams of `size` bytes, with their senders and control
 * data if asked for. The next read overwrites the slots: copy what must outlive it.
 */
export class MessageRing {
  readonly count: number;
  /** The memory of all slots. A datagram starts at `start(slot)` and is `length(slot)` bytes long. */
  readonly bytes: Uint8Array;
  /** The memory of all control messages, in words of 32 bits. Those of a datagram start at `controlStart(slot)`. */
  readonly controlWords: Int32Array;
  readonly #headers: Buffer;
  readonly #words: Uint32Array;
  readonly #vectors: Buffer;
  readonly #data: Buffer;
  readonly #names: Buffer;
  readonly #controls: Buffer;
  readonly #size: number;
  readonly #name: number;
  readonly #control: number;
  readonly #flags: number;
  /** Slots whose headers hold lengths written by the kernel. */
  #used = 0;

  constructor(
    private readonly libc: Pick<Libc, 'address' | 'recvmmsg'>,
    { count, size, name = 0, control = 0, descriptors = false }: RingOptions,
  ) {
    this.count = count;
    this.#size = size;
    this.#name = name;
    this.#control = control;
    this.#flags = descriptors ? MSG_CMSG_CLOEXEC : 0;
    this.#headers = Buffer.alloc(HEADER * count);
    this.#words = new Uint32Array(this.#headers.buffer, this.#headers.byteOffset, (HEADER / 4) * count);
    this.#vectors = Buffer.alloc(IOVEC * count);
    this.#data = Buffer.alloc(size * count);
    this.#names = Buffer.alloc(Math.max(1, name) * count);
    this.#controls = Buffer.alloc(Math.max(1, control) * count);
    this.bytes = new Uint8Array(this.#data.buffer, this.#data.byteOffset, this.#data.length);
    this.controlWords = new Int32Array(
      this.#controls.buffer,
      this.#controls.byteOffset,
      (control * count) / 4,
    );
    this.#layOut();
    this.#rearm(count);
  }

  /** Receives datagrams. Returns how many. @throws SystemError: ENOBUFS on a netlink overrun, a pending error … */
  read(fd: number, limit = this.count): number {
    this.#rearm(this.#used);
    // A read that fails may have written to the first header.
    this.#used = 1;
    const count = this.libc.recvmmsg(fd, this.#headers, Math.min(limit, this.count), this.#flags);
    if (count > 1) this.#used = count;
    return Math.max(0, count);
  }

  /** The datagram in a slot; undefined if it was longer than the slot. */
  datagram(slot: number): Buffer | undefined {
    const length = this.length(slot);
    if (length === undefined) return undefined;
    return this.#data.subarray(this.start(slot), this.start(slot) + length);
  }

  /** The offset in `bytes` at which the slot's datagram starts. */
  start(slot: number): number {
    return slot * this.#size;
  }

  /** The length of the slot's datagram; undefined if it was longer than the slot. */
  length(slot: number): number | undefined {
    const header = slot * (HEADER / 4);
    return this.#words[header + FLAGS]! & MSG_TRUNC ? undefined : this.#words[header + LENGTH]!;
  }

  /** The sender's socket address. */
  sender(slot: number): Buffer {
    return this.#names.subarray(slot * this.#name, (slot + 1) * this.#name);
  }

  /** The control messages that came with the datagram (cmsg(3)). */
  control(slot: number): Buffer {
    const start = slot * this.#control;
    return this.#controls.subarray(start, start + this.controlLength(slot));
  }

  /** The place in `controlWords` at which the slot's control messages start. */
  controlStart(slot: number): number {
    return (slot * this.#control) / 4;
  }

  /** The length of the slot's control messages, in bytes. */
  controlLength(slot: number): number {
    return this.#words[slot * (HEADER / 4) + CONTROLLEN]!;
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

  /** The kernel replaced the sizes of the buffers by the lengths it used: restores the sizes. */
  #rearm(count: number): void {
    for (let slot = 0; slot < count; slot++) {
      const header = slot * (HEADER / 4);
      this.#words[header + NAMELEN] = this.#name;
      this.#words[header + CONTROLLEN] = this.#control;
    }
  }
}
