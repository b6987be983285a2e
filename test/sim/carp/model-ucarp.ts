import type { Callout } from '../../../core/index.js';
import { type Heard, type ModelOptions, ModelPeer } from './model-peer.js';

/**
 * ucarp 1.5.2. Its times are those of its loop: it looks at its deadlines only when poll() returns, after an interval
 * without packets, and libpcap hands packets over 0.03 to 0.9 s late.
 */
export class ModelUcarp extends ModelPeer {
  readonly #poll: Callout;
  #down = Number.POSITIVE_INFINITY;
  #ad = Number.POSITIVE_INFINITY;
  #counter: bigint | undefined;

  constructor(
    options: ModelOptions,
    readonly byteOrder: 'little' | 'big' = 'little',
  ) {
    super(options);
    this.#poll = this.timer(() => this.#loop());
    this.#backup();
    this.#sleep();
  }

  override receive(frame: Uint8Array): void {
    const copy = frame.slice();
    this.timer(() => {
      super.receive(copy);
      this.#loop();
    }).reset(30 + this.random.float() * 870);
  }

  #sleep(): void {
    this.#poll.reset((this.units * 1000) / 256);
  }

  #loop(): void {
    const now = this.clock.now();
    if (now >= this.#down) {
      this.state = 'MASTER';
      this.#down = Number.POSITIVE_INFINITY;
      this.#advertise();
    } else if (now >= this.#ad) this.#advertise();
    this.#sleep();
  }

  #backup(): void {
    this.state = 'BACKUP';
    this.#ad = Number.POSITIVE_INFINITY;
    this.#down = this.clock.now() + 3000 * this.advbase + (this.advskew * 1000) / 256;
  }

  #advertise(): void {
    const random = this.#counter === undefined;
    this.#counter = random ? undefined : BigInt.asUintN(64, this.#counter! + 1n);
    this.send(this.#counter ?? this.random.uint64());
    this.#ad = this.clock.now() + (this.units * 1000) / 256;
  }

  protected override heard(advert: Heard): void {
    this.#counter = advert.counter;
    const theirs = advert.advbase * 256 + advert.advskew;
    if (this.state === 'MASTER') {
      const lower = this.#value(advert.source) < this.#value(this.source);
      if (this.units > theirs || (this.units === theirs && lower)) {
        this.#advertise();
        this.#backup();
      }
      return;
    }
    const preempts = this.preempt && this.units < theirs;
    if (preempts || theirs > 3 * 256 * this.advbase + this.advskew) this.#down = this.clock.now();
    else this.#backup();
  }

  /** in_addr.s_addr as an integer of the machine. */
  #value(address: Uint8Array): number {
    return new DataView(address.buffer, address.byteOffset, 4).getUint32(0, this.byteOrder === 'little');
  }
}
