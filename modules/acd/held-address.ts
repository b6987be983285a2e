import type { Callout, Clock, SysctlInt } from '../../core/index.js';
import type { Ifnet, InetAddress } from '../ifnet/index.js';
import type { Vip } from '../vip/index.js';

/** RFC 5227 section 1.1: the least time between two announcements in defence of an address. */
const DEFEND_INTERVAL_MS = 10_000;

/** What the judgement of claims needs of the module. */
export interface HeldAddressNeeds {
  readonly clock: Clock;
  /** Milliseconds from a claim to its judgement. */
  readonly grace: SysctlInt;
  /** Whether the vhid still is the one that may use the address. */
  holds(held: HeldAddress): boolean;
  /** The grace is over, and the address is still ours. */
  conflict(held: HeldAddress, lladdr: Uint8Array): void;
  /** It is not ours any more, or another MASTER was heard. */
  settled(): void;
}

/**
 * An address that this host holds as MASTER, and the claim of another host to it, if there is one. Claims are judged
 * together: the first of them after a grace, and those that follow when DEFEND_INTERVAL is over, so that no cache keeps the
 * intruder's address for longer than that, and none can make us announce more often.
 */
export class HeldAddress implements Disposable {
  readonly #needs: HeldAddressNeeds;
  readonly #judgement: Callout;
  /** Of the latest claimant. One buffer, whatever a flood brings. */
  readonly #lladdr = new Uint8Array(6);
  #judgedAt = Number.NEGATIVE_INFINITY;

  constructor(
    readonly ifp: Ifnet,
    readonly vhid: Vip,
    readonly address: InetAddress,
    needs: HeldAddressNeeds,
  ) {
    this.#needs = needs;
    this.#judgement = needs.clock.callout(`acd ${address.toString()}`, () => this.#judge());
  }

  /** Another host claims it. @param lladdr six bytes */
  claimed(lladdr: Uint8Array): void {
    this.#lladdr.set(lladdr);
    if (this.#judgement.pending) return;
    const { clock, grace } = this.#needs;
    this.#judgement.resetAt(Math.max(clock.now() + grace.value, this.#judgedAt + DEFEND_INTERVAL_MS));
  }

  /** It is not ours any more. A claim under way was its new holder's. */
  [Symbol.dispose](): void {
    if (this.#judgement.stop()) this.#needs.settled();
  }

  #judge(): void {
    if (!this.#needs.holds(this)) return this.#needs.settled();
    this.#judgedAt = this.#needs.clock.now();
    this.#needs.conflict(this, this.#lladdr.slice());
  }
}
