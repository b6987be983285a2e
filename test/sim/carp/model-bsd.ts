import type { Callout } from '../../../core/index.js';
import { type Heard, type ModelOptions, ModelPeer } from './model-peer.js';

/** FreeBSD's carp_input_c and carp_setrun: whoever hears an equal advertisement yields. */
export class ModelFreeBsd extends ModelPeer {
  readonly #down: Callout;
  readonly #ad: Callout;
  #counter: bigint | undefined;

  constructor(options: ModelOptions) {
    super(options);
    this.#down = this.timer(() => this.masterDown());
    this.#ad = this.timer(() => this.#advertise());
    this.backup();
  }

  protected backup(): void {
    this.state = 'BACKUP';
    this.#ad.stop();
    this.#down.reset(3000 * this.advbase + (this.advskew * 1000) / 256);
  }

  protected masterDown(): void {
    this.state = 'MASTER';
    this.#down.stop();
    this.#advertise();
  }

  #advertise(): void {
    this.send(this.nextCounter());
    this.#ad.reset((this.units * 1000) / 256);
  }

  /** Random until somebody was heard, then counting on from what was heard. */
  protected nextCounter(): bigint {
    if (this.#counter === undefined) return this.random.uint64();
    this.#counter = BigInt.asUintN(64, this.#counter + 1n);
    return this.#counter;
  }

  protected override heard(advert: Heard): void {
    this.#counter = advert.counter;
    const theirs = advert.advbase * 256 + advert.advskew;
    if (this.state === 'MASTER') {
      if (this.units >= theirs && this.yields(advert)) this.backup();
    } else if (this.preempt && this.units < theirs) this.masterDown();
    else if (theirs > 3 * 256 * this.advbase + this.advskew) this.masterDown();
    else this.backup();
  }

  protected yields(_advert: Heard): boolean {
    return true;
  }
}

/** OpenBSD's carp_proto_input_c, with a demotion count of 0: one number for ever, and the demotion byte counts. */
export class ModelOpenBsd extends ModelFreeBsd {
  readonly #cookie = this.random.uint64();

  protected override nextCounter(): bigint {
    return this.#cookie;
  }

  protected override heard(advert: Heard): void {
    if (advert.counter === this.#cookie) return;
    if (this.state === 'BACKUP' && advert.demote > 0) return this.masterDown();
    super.heard(advert);
  }

  protected override yields(advert: Heard): boolean {
    return advert.demote === 0;
  }
}
