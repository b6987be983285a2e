import { type Callout, type Clock, Slices } from '../../../core/time/index.js';

/** With more vhids in a process, renewals are no small part of what it does. */
const MAX_FEW = 64;
/** Renewals that can wait do so for the next multiple of this, in ms: the fewer batches, the less each costs. */
export const GATHERING_MS = 250;
/** So many renewals take less than a millisecond: only after them is it worth a look at the clock. */
const UNWATCHED = 16;

/** Addresses whose lifetime is to be renewed. */
export interface Renewable {
  /** Whether it waits to be renewed; {@link Leases} keeps it. */
  waiting: boolean;
  /** @param now the time, which may be long after it was added if the process stood still */
  renewInTime(now: number): void;
}

/**
 * The renewals of all vhids of a kernel, after the advertisements that they follow: a MASTER's advertisement waits for
 * none of them, and the requests of a thousand vhids go to the kernel together. They come in slices, since Linux takes
 * 0.1 ms for an IPv6 address among a thousand.
 */
export class Leases {
  readonly #clock: Clock;
  readonly #members = new Set<Renewable>();
  /** In order. Not a set: a thousand additions and removals in a second cost a third of a renewal. */
  readonly #due: (Renewable | undefined)[] = [];
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
    if (this.#members.size === 0) this.#soon?.stop();
    if (!lease.waiting) return;
    lease.waiting = false;
    this.#due[this.#due.indexOf(lease)] = undefined;
  }

  /** Renews it as soon as what is due now is done. */
  add(lease: Renewable): void {
    this.#renewBy(lease, this.#clock.now());
  }

  /** Renews it within GATHERING_MS, together with others. */
  gather(lease: Renewable, now: number): void {
    this.#renewBy(lease, Math.ceil(now / GATHERING_MS) * GATHERING_MS);
  }

  /** Whether there are so many vhids that each renewal counts: they take a seventh of the time of all else that a vhid does. */
  get crowded(): boolean {
    return this.#members.size > MAX_FEW;
  }

  #renewBy(lease: Renewable, at: number): void {
    if (!lease.waiting) this.#due.push(lease);
    lease.waiting = true;
    this.#soon ??= this.#clock.callout('renew shared addresses', () => this.#work());
    if (!this.#soon.pending || this.#soon.deadline > at) this.#soon.resetAt(at);
  }

  #work(): void {
    const slice = new Slices(this.#clock);
    const now = this.#clock.now();
    let done = 0;
    try {
      while (done < this.#due.length) {
        if (done % UNWATCHED === UNWATCHED - 1 && slice.over) break;
        const lease = this.#due[done++];
        if (lease === undefined) continue;
        lease.waiting = false;
        lease.renewInTime(now);
      }
    } finally {
      this.#due.splice(0, done);
      // Also when one of them throws: the others have addresses to lose.
      if (this.#due.length > 0) this.#soon?.reset(0);
    }
  }
}
