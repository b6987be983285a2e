import { type Callout, type Clock, Slices } from '../../core/time/index.js';

/** With so many vhids a second renewal between two advertisements is left out where it is not needed. */
const MAX_TWICE = 64;

/** Addresses whose lifetime is to be renewed. */
export interface CarpRenewable {
  renew(): void;
}

/**
 * The renewals of all vhids of a kernel, after the advertisements that they follow: a MASTER's advertisement waits for
 * none of them, and the requests of a thousand vhids go to the kernel together. They come in slices, since Linux takes
 * 0.1 ms for an IPv6 address among a thousand.
 */
export class CarpLeases {
  readonly #clock: Clock;
  readonly #due = new Set<CarpRenewable>();
  /** All that were ever renewed here, and not given up. */
  readonly #known = new Set<CarpRenewable>();
  /** Made with the first one: a BACKUP has none. */
  #soon: Callout | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Renews it as soon as what is due now is done. */
  add(lease: CarpRenewable): void {
    this.#due.add(lease);
    this.#known.add(lease);
    this.#soon ??= this.#clock.callout('carp renew addresses', () => this.#work());
    if (!this.#soon.pending) this.#soon.reset(0);
  }

  /** Whether there are so many that each renewal counts. */
  get crowded(): boolean {
    return this.#known.size > MAX_TWICE;
  }

  delete(lease: CarpRenewable): void {
    this.#due.delete(lease);
    this.#known.delete(lease);
    if (this.#due.size === 0) this.#soon?.stop();
  }

  #work(): void {
    const slice = new Slices(this.#clock);
    for (const lease of this.#due) {
      if (slice.over) return this.#soon?.reset(0);
      this.#due.delete(lease);
      lease.renew();
    }
  }
}
