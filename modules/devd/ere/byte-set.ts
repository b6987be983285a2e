/** An immutable set of bytes. */
export class ByteSet {
  readonly #bits = new Uint8Array(256);
  #members: readonly number[] | undefined;

  static of(...bytes: number[]): ByteSet {
    return ByteSet.from((byte) => bytes.includes(byte));
  }

  static from(accepts: (byte: number) => boolean): ByteSet {
    const set = new ByteSet();
    for (let byte = 0; byte < 256; byte++) set.#bits[byte] = accepts(byte) ? 1 : 0;
    return set;
  }

  /** For values of byte strings: every char code is below 256. */
  has(byte: number): boolean {
    return this.#bits[byte] === 1;
  }

  /** Its members, ascending. */
  bytes(): readonly number[] {
    this.#members ??= [...this.#bits.keys()].filter((byte) => this.#bits[byte] === 1);
    return this.#members;
  }

  invert(): ByteSet {
    return ByteSet.from((byte) => !this.has(byte));
  }

  union(other: ByteSet): ByteSet {
    return ByteSet.from((byte) => this.has(byte) || other.has(byte));
  }

  /** The set with both cases of each ASCII letter, as REG_ICASE has it in the C locale. */
  foldCase(): ByteSet {
    return ByteSet.from((byte) => this.has(byte) || this.has(otherCase(byte)));
  }
}

/** The other case of an ASCII letter; any other byte unchanged. */
export function otherCase(byte: number): number {
  const isLetter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
  return isLetter ? byte ^ 0x20 : byte;
}
