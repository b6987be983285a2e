import type { Libc } from './libc.js';

const HEADER = 64; // struct mmsghdr on 64-bit Linux
const IOVEC = 16;
const MAX_RECORDS = 256;
const MAX_BYTES = 64 * 1024;

/**
 * Records to be sent to several sockets, laid out once: back to back in memory, for a stream, and with the headers that
 * sendmmsg(2) needs to send each one as a packet.
 */
export class MessageBatch {
  readonly headers = Buffer.alloc(MAX_RECORDS * HEADER);
  readonly bytes = Buffer.alloc(MAX_BYTES);
  count = 0;
  length = 0;
  readonly #vectors = Buffer.alloc(MAX_RECORDS * IOVEC);
  /** The vectors as 32-bit words, so that adding a record makes no bigint. */
  readonly #words = new Uint32Array(this.#vectors.buffer, this.#vectors.byteOffset, MAX_RECORDS * 4);
  readonly #base: number;

  constructor(libc: Libc) {
    this.#base = Number(libc.address(this.bytes)); // user space ends at 2^47: exact
    const vectors = libc.address(this.#vectors);
    for (let slot = 0; slot < MAX_RECORDS; slot++) {
      this.headers.writeBigUInt64LE(vectors + BigInt(slot * IOVEC), slot * HEADER + 16);
      this.headers.writeBigUInt64LE(1n, slot * HEADER + 24);
    }
  }

  /** Appends a record. @returns false if it does not fit */
  add(record: string | Uint8Array): boolean {
    if (this.count === MAX_RECORDS) return false;
    const start = this.length;
    const length = typeof record === 'string' ? this.#write(record, start) : this.#copy(record, start);
    if (length < 0) return false;
    const address = this.#base + start;
    const word = this.count * 4;
    this.#words[word] = address % 2 ** 32;
    this.#words[word + 1] = Math.floor(address / 2 ** 32);
    this.#words[word + 2] = length;
    this.count++;
    this.length = start + length;
    return true;
  }

  clear(): void {
    this.count = 0;
    this.length = 0;
  }

  /** A UTF-16 unit takes at most three bytes in UTF-8; the exact length is counted only near the end. */
  #write(record: string, start: number): number {
    if (record.length * 3 > MAX_BYTES - start && Buffer.byteLength(record) > MAX_BYTES - start) return -1;
    return this.bytes.write(record, start);
  }

  #copy(record: Uint8Array, start: number): number {
    if (record.length > MAX_BYTES - start) return -1;
    this.bytes.set(record, start);
    return record.length;
  }
}
