/** Wrong digests a second that are worth the work, and as many at once. */
const DIGESTS_PER_S = 20_000;

/**
 * How much work strangers may make on one interface: computing the digest is what a refusal costs. Sources can be forged
 * without limit, so no limit is tied to one, and none is silenced: whoever could have an address muted could mute a peer.
 * While the budget is spent, packets of sources that have never sent an authentic advertisement are dropped unread; those
 * that have go on being heard.
 */
export class DigestBudget {
  #left: number;
  #at = 0;

  /** @param ratePerS how many a second, and as many at once */
  constructor(private readonly ratePerS = DIGESTS_PER_S) {
    this.#left = ratePerS;
  }

  /** A digest was wrong. `now`: ms, rising. */
  spend(now: number): void {
    this.#refill(now);
    this.#left = Math.max(0, this.#left - 1);
  }

  isSpent(now: number): boolean {
    if (this.#left >= 1) return false;
    this.#refill(now);
    return this.#left < 1;
  }

  #refill(now: number): void {
    this.#left = Math.min(this.ratePerS, this.#left + ((now - this.#at) * this.ratePerS) / 1000);
    this.#at = now;
  }
}
