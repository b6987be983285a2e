/**
 * The receiving half of a kernel: recvmmsg(2) on a queue of datagrams, as Linux does it (net/socket.c). It finds its
 * way from struct mmsghdr to the room for each part by the pointers alone, never writes more than the room that is
 * offered, and puts what it used in the room's place.
 */
import assert from 'node:assert/strict';

/** struct mmsghdr on 64-bit Linux: offsets of its fields, and its size. */
const NAME = 0;
const NAMELEN = 8;
const IOV = 16;
const IOVLEN = 24;
const CONTROL = 32;
const CONTROLLEN = 40;
const FLAGS = 48;
const LENGTH = 56;
const MMSGHDR = 64;
const MSG_CTRUNC = 0x08;
const MSG_TRUNC = 0x20;
/** Between two pieces of memory: who counts beyond one does not land in the next. */
const GAP = 4096n;

export interface Datagram {
  readonly bytes: Uint8Array;
  /** The sender's socket address. */
  readonly name?: Uint8Array;
  /** Control messages, laid out. */
  readonly control?: Uint8Array;
}

export class ReceivingKernel {
  /** What the socket holds; an error is told when its turn comes. */
  readonly queue: (Datagram | Error)[] = [];
  /** How many messages the last call asked for. */
  asked = 0;
  readonly #memory: { readonly start: bigint; readonly bytes: Buffer }[] = [];
  #free = GAP;

  address(bytes: Buffer): bigint {
    const start = this.#free;
    this.#free += BigInt(bytes.length) + GAP;
    this.#memory.push({ start, bytes });
    return start;
  }

  /** As Libc.recvmmsg: -1 when there is nothing. */
  recvmmsg(_fd: number, headers: Buffer, count: number): number {
    this.asked = count;
    assert.ok(count * MMSGHDR <= headers.length, 'more messages than headers');
    let read = 0;
    for (; read < count; read++) {
      const next = this.queue[0];
      if (next === undefined || next instanceof Error) break;
      this.queue.shift();
      this.#receive(next, headers.subarray(read * MMSGHDR, (read + 1) * MMSGHDR));
    }
    if (read > 0) return read;
    // The first header was read and may have been written to, with nothing received.
    headers.writeUInt32LE(0, NAMELEN);
    headers.writeBigUInt64LE(0n, CONTROLLEN);
    const error = this.queue.shift();
    if (error !== undefined) throw error as Error;
    return -1;
  }

  #receive({ bytes, name = EMPTY, control = EMPTY }: Datagram, header: Buffer): void {
    assert.equal(header.readBigUInt64LE(IOVLEN), 1n);
    const iov = this.#at(header.readBigUInt64LE(IOV), 16);
    const room = Number(iov.readBigUInt64LE(8));
    const length = this.#put(bytes, iov.readBigUInt64LE(0), room);
    const names = header.readBigUInt64LE(NAME);
    if (names !== 0n) {
      this.#put(name, names, header.readUInt32LE(NAMELEN));
      // The address's length, even where there was room for less.
      header.writeUInt32LE(name.length, NAMELEN);
    }
    const controls = Number(header.readBigUInt64LE(CONTROLLEN));
    const used = controls === 0 ? 0 : this.#put(control, header.readBigUInt64LE(CONTROL), controls);
    header.writeBigUInt64LE(BigInt(used), CONTROLLEN);
    const flags = (length < bytes.length ? MSG_TRUNC : 0) | (used < control.length ? MSG_CTRUNC : 0);
    header.writeUInt32LE(flags, FLAGS);
    header.writeUInt32LE(length, LENGTH);
  }

  /** Writes as much as there is room for. Returns how much that was. */
  #put(bytes: Uint8Array, pointer: bigint, room: number): number {
    const length = Math.min(bytes.length, room);
    this.#at(pointer, room).set(bytes.subarray(0, length));
    return length;
  }

  #at(pointer: bigint, length: number): Buffer {
    for (const { start, bytes } of this.#memory) {
      const offset = Number(pointer - start);
      if (offset >= 0 && offset + length <= bytes.length) return bytes.subarray(offset, offset + length);
    }
    return assert.fail(`EFAULT: ${length} bytes at 0x${pointer.toString(16)}`);
  }
}

const EMPTY = new Uint8Array(0);
