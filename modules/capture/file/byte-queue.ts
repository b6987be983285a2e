/** Bytes that arrive in chunks of any length and are taken in pieces of the reader's choice. */
export class ByteQueue {
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  /** Bytes to drop as they arrive. */
  #skip = 0;
  #taken = 0;

  /** How many bytes have been taken or skipped so far: the position in the file, for messages. */
  get position(): number {
    return this.#taken;
  }

  /** Whether bytes are left, or some that were to be skipped never came. */
  get isEmpty(): boolean {
    return this.#start === this.#bytes.length && this.#skip === 0;
  }

  /** Appends a chunk. Keeps it, and copies only what was left of the chunks before. */
  push(chunk: Uint8Array): void {
    const dropped = Math.min(this.#skip, chunk.length);
    this.#skip -= dropped;
    this.#taken += dropped;
    if (dropped === chunk.length) return;
    const rest = this.#bytes.subarray(this.#start);
    const fresh = chunk.subarray(dropped);
    this.#start = 0;
    if (rest.length === 0) {
      this.#bytes = fresh;
      return;
    }
    this.#bytes = new Uint8Array(rest.length + fresh.length);
    this.#bytes.set(rest);
    this.#bytes.set(fresh, rest.length);
  }

  /** The next `length` bytes, without taking them; undefined if they have not all arrived. */
  peek(length: number): DataView | undefined {
    if (this.#bytes.length - this.#start < length) return undefined;
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#start, length);
  }

  /** Drops the next `length` bytes, those included that have yet to arrive. */
  skip(length: number): void {
    const here = Math.min(length, this.#bytes.length - this.#start);
    this.#start += here;
    this.#taken += here;
    this.#skip += length - here;
  }
}
