/** How the sender of a message has laid out its numbers: each user of a bus chooses. */
export type ByteOrder = 'little' | 'big';

/** Takes values apart that are laid out as the D-Bus Specification has it. */
export class Reader {
  /** @param at where to begin; alignment counts from the start of the bytes */
  constructor(
    private readonly bytes: Buffer,
    private readonly order: ByteOrder,
    private at = 0,
  ) {}

  get more(): boolean {
    return this.at < this.bytes.length;
  }

  align(size: number): void {
    this.at = Math.ceil(this.at / size) * size;
  }

  /** @throws RangeError at the end, as all that reads */
  byte(): number {
    return this.bytes.readUInt8(this.at++);
  }

  uint32(): number {
    this.align(4);
    this.at += 4;
    return uint32At(this.bytes, this.at - 4, this.order);
  }

  signature(): string {
    return this.#text(this.byte());
  }

  /** A value of a basic type; undefined if the type is not known here: then nothing after it can be read. */
  value(type: string): string | number | boolean | undefined {
    switch (type) {
      case 's':
      case 'o':
        return this.#text(this.uint32());
      case 'g':
        return this.signature();
      case 'u':
      case 'h':
        return this.uint32();
      case 'b':
        return this.uint32() === 1;
      default:
        return undefined;
    }
  }

  /** A text, and the NUL byte after it. */
  #text(length: number): string {
    const end = this.at + length;
    if (end >= this.bytes.length) throw new RangeError('a text ends behind its message');
    const text = this.bytes.toString('utf8', this.at, end);
    this.at = end + 1;
    return text;
  }
}

/** @throws RangeError at the end */
export function uint32At(bytes: Buffer, at: number, order: ByteOrder): number {
  return order === 'little' ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}
