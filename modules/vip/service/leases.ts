import { type Callout, type Clock, Slices } from '../../../core/time/index.js';

/** With more vhids in a process, renewals are no small part of what it does. */
const MAX_FEW = 64;

/** Addresses whose lifetime is to be renewed. */
export interface Renewable {
  renew(): void;
}

/**
 * The renewals of all vhids of a kernel, after the advertisements that they follow: a MASTER's advertisement waits for
 * none of them, and the requests of a thousand vhids go to the kernel together. They come in slices, since Linux takes
 * 0.1 ms for an IPv6 address among a thousand.
 */
export class Leases {
  readonly #clock: Clock;
  readonly #members = new Set<Renewable>();
  readonly #due = new Set<Renewable>();
  /** Made with the first one: a BACKUP has none. */
  #soon: Callout | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A vhid's, which may have something to renew until it leaves. */
  enter(lease: Renewable): void {
    this.#members.add(lease);
  }

  leave(lease: Renewable): void {
    this.#members.delete(lease);
    this.#due.delete(lease);
    if (this.#due.size === 0) this.#soon?.stop();
  }

  /** Renews it as soon as what is due now is done. */
  add(lease: Renewable): void {
    this.#due.add(lease);
    this.#soon ??= this.#clock.callout('renew shared addresses', () => this.#work());
    if (!this.#soon.pending) this.#soon.reset(0);
  }

  /** Whether there are so many vhids that each renewal counts: they take a third of the time of all else that a vhid does. */
  get crowded(): boolean {
    return this.#members.size > MAX_FEW;
  }

  #work(): void {
    const slice = new Slices(this.#clock);
    try {
      for (const lease of this.#due) {
        if (slice.over) break;
        this.#due.delete(lease);
        lease.renew();
      }
    } finally {
      // Also when one of them throws: the others have addresses to lose.
      if (this.#due.size > 0) this.#soon?.reset(0);
    }
  }
}
