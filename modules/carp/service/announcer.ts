/** Tells the neighbours where the addresses of a MASTER are, and again every `garpRefresh` ms. */
import type { Callout } from '../../../core/time/index.js';
import type { CarpContext } from '../context.js';
import type { CarpVhid } from '../vhid.js';

export class CarpAnnouncer implements Disposable {
  readonly #vhid: CarpVhid;
  readonly #context: CarpContext;
  readonly #refresh: Callout;
  #current: Disposable | undefined;

  constructor(vhid: CarpVhid, context: CarpContext) {
    this.#vhid = vhid;
    this.#context = context;
    this.#refresh = context.clock.callout(`carp ${vhid.name} announce`, () => this.announce());
  }

  /** Once now if it is MASTER; else what is still to come is called off. */
  announce(): void {
    this[Symbol.dispose]();
    if (this.#vhid.state !== 'MASTER') return;
    this.#current = this.#context.announce(this.#vhid);
    const { garpRefresh } = this.#vhid.settings;
    if (garpRefresh > 0) this.#refresh.reset(garpRefresh);
  }

  [Symbol.dispose](): void {
    this.#current?.[Symbol.dispose]();
    this.#refresh.stop();
  }
}
