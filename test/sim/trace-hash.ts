/** FNV-1a over all that happens: runs that differ in anything have another. */
export class TraceHash {
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;

  add(time: number, text: string): void {
    this.#number(time);
    for (let i = 0; i < text.length; i++) this.#byte(text.charCodeAt(i));
  }

  addFrame(time: number, port: string, frame: Uint8Array): void {
    this.add(time, port);
    for (let i = 0; i < frame.length; i++) this.#byte(frame[i]!);
  }

  get value(): string {
    return [this.#high, this.#low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /** To a thousandth of a millisecond. */
  #number(time: number): void {
    const whole = Math.round(time * 1000);
    this.#byte(whole | 0);
    this.#byte(Math.floor(whole / 2 ** 32));
  }

  #byte(byte: number): void {
    this.#low = Math.imul(this.#low ^ byte, 0x01000193);
    this.#high = Math.imul(this.#high ^ byte, 0x5bd1e995) ^ (this.#low >>> 15);
  }
}
