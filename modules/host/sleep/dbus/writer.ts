/** Lays out values as the D-Bus Specification has it, little-endian: each is aligned to its own size. */
export class Writer {
  #bytes = Buffer.alloc(256);
  length = 0;

  bytes(...values: number[]): void {
    this.#reserve(values.length);
    for (const value of values) this.#bytes[this.length++] = value;
  }

  align(size: number): void {
    while (this.length % size !== 0) this.bytes(0);
  }

  uint32(value: number): void {
    this.align(4);
    this.#reserve(4);
    this.#bytes.writeUInt32LE(value, this.length);
    this.length += 4;
  }

  string(text: string): void {
    const utf8 = Buffer.from(text);
    this.uint32(utf8.length);
    this.bytes(...utf8, 0);
  }

  signature(text: string): void {
    this.bytes(text.length, ...Buffer.from(text, 'latin1'), 0);
  }

  /** An array of elements that are aligned to `size`; the padding before the first one does not count. */
  array(size: number, elements: () => void): void {
    this.uint32(0);
    const at = this.length - 4;
    this.align(size);
    const start = this.length;
    elements();
    this.#bytes.writeUInt32LE(this.length - start, at);
  }

  /** A field of a header: a struct of a code and a variant. */
  field(code: number, type: 'o' | 's' | 'g', text: string): void {
    this.align(8);
    this.bytes(code);
    this.signature(type);
    if (type === 'g') this.signature(text);
    else this.string(text);
  }

  /** What was written. */
  take(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  #reserve(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    this.#bytes = Buffer.concat([this.#bytes], Math.max(this.#bytes.length * 2, this.length + count));
  }
}
