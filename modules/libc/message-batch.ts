import type { Libc } from './libc.js';

const HEADER = 64; // struct mmsghdr on 64-bit Linux
const IOVEC = 16;
const MOST_RECORDS = 256;
const MOST_BYTES = 64 * 1024;

/**
 * Records on their way to the clients, laid out once for all of them: one behind the other in memory, which is what a
 * stream wants, with the headers that sendmmsg(2) wants to send each as a packet of its own.
 */
export class MessageBatch {
  readonly headers = Buffer.alloc(MOST_RECORDS * HEADER);
  readonly bytes = Buffer.alloc(MOST_BYTES);
  count = 0;
  length = 0;
  readonly #vectors = Buffer.alloc(MOST_RECORDS * IOVEC);
  /** The vectors as 32-bit words: no bigint is made for a record. */
  readonly #words = new Uint32Array(this.#vectors.buffer, this.#vectors.byteOffset, MOST_RECORDS * 4);
  readonly #base: number;

  constructor(libc: Libc) {
    this.#base = Number(libc.address(this.bytes)); // user space ends at 2^47: exact
    const vectors = libc.address(this.#vectors);
    for (let slot = 0; slot < MOST_RECORDS; slot++) {
      this.headers.writeBigUInt64LE(vectors + BigInt(slot * IOVEC), slot * HEADER + 16);
      this.headers.writeBigUInt64LE(1n, slot * HEADER + 24);
    }
  }

  /** @returns false when it does not fit any more */
  add(record: string | Uint8Array): boolean {
    if (this.count === MOST_RECORDS) return false;
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

  /** A character takes at most three bytes for each of its units; only near the end is it counted. */
  #write(record: string, start: number): number {
    if (record.length * 3 > MOST_BYTES - start && Buffer.byteLength(record) > MOST_BYTES - start) return -1;
    return this.bytes.write(record, start);
  }

  #copy(record: Uint8Array, start: number): number {
    if (record.length > MOST_BYTES - start) return -1;
    this.bytes.set(record, start);
    return record.length;
  }
}
