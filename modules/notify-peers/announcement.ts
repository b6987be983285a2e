import type { Callout, Clock } from '../../core/index.js';
import type { Ifnet, InetAddress } from '../ifnet/index.js';
import type { NotifyPeersRequest } from './events.js';

/** How often a request is carried out. */
export interface Rounds {
  /** How many rounds in one burst, 1 or more. */
  readonly count: number;
  /** Between two rounds of a burst, in milliseconds. */
  readonly interval: number;
  /** Between the starts of two bursts, in milliseconds; 0 means one burst only. */
  readonly repeat: number;
}

/**
 * A request under way. Disposing of it stops what is still to come. An address that leaves the interface in the
 * meantime is announced no more: whoever has it now would be robbed of it.
 */
export class Announcement implements Disposable {
  readonly #callout: Callout;
  readonly #started: number;
  #request: NotifyPeersRequest;
  #round = 0;
  #burst = 0;
  #stopped = false;

  constructor(
    readonly ifp: Ifnet,
    request: NotifyPeersRequest,
    private readonly rounds: Rounds,
    private readonly clock: Clock,
    private readonly send: (request: NotifyPeersRequest) => void,
    private readonly ended: (announcement: Announcement) => void,
  ) {
    this.#request = request;
    this.#started = clock.now();
    this.#callout = clock.callout(`notify-peers ${ifp.name}`, () => this.run());
  }

  /** Carries out one round and arms the next, if there is one. */
  run(): void {
    this.send(this.#request);
    if (this.#stopped) return;
    const next = this.#nextRound();
    if (next === undefined) this[Symbol.dispose]();
    else this.#callout.resetAt(next);
  }

  /** Counted from the start and not from the last round: a late round does not delay those after it. */
  #nextRound(): number | undefined {
    const { count, interval, repeat } = this.rounds;
    this.#round++;
    if (this.#round === count) {
      if (repeat === 0) return undefined;
      this.#round = 0;
      // Bursts that were slept through (a suspended machine) are not made up for.
      this.#burst = Math.max(this.#burst + 1, Math.ceil((this.clock.now() - this.#started) / repeat));
    }
    return this.#started + this.#burst * repeat + this.#round * interval;
  }

  forget(address: InetAddress): void {
    const { addresses } = this.#request;
    if (addresses === undefined) return;
    const left = addresses.filter((a) => !a.equals(address));
    this.#request = { ...this.#request, addresses: left };
    if (left.length === 0) this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    this.#callout.stop();
    this.ended(this);
  }
}
