/** FNV-1a over all that happens, in words of 32 bits: runs that differ in anything have another. */
export class TraceHash {
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;
  /** What names stand for in it: they come again and again. */
  readonly #names = new Map<string, number>();

  add(time: number, text: string): void {
    this.#time(time);
    for (let i = 0; i < text.length; i++) this.#word(text.charCodeAt(i));
  }

  addFrame(time: number, port: string, frame: Uint8Array): void {
    this.#time(time);
    this.#word(this.#numberOf(port));
    this.#word(frame.length);
    let i = 0;
    for (; i + 3 < frame.length; i += 4)
      this.#word(frame[i]! | (frame[i + 1]! << 8) | (frame[i + 2]! << 16) | (frame[i + 3]! << 24));
    for (; i < frame.length; i++) this.#word(frame[i]!);
  }

  get value(): string {
    return [this.#high, this.#low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /** In the order in which they first came. The first time the name itself is hashed. */
  #numberOf(name: string): number {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    for (let i = 0; i < name.length; i++) this.#word(name.charCodeAt(i));
    const number = this.#names.size;
    this.#names.set(name, number);
    return number;
  }

  /** To a thousandth of a millisecond. */
  #time(time: number): void {
    const whole = Math.round(time * 1000);
    this.#word(whole | 0);
    this.#word(Math.floor(whole / 2 ** 32));
  }

  /** The upper word takes the lower one's high bits in, so that it differs wherever that did. */
  #word(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193);
    this.#low ^= this.#low >>> 15;
    this.#high = Math.imul(this.#high ^ word, 0x5bd1e995) ^ (this.#low >>> 15);
  }
}
