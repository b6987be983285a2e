import type { Callout, Clock } from '../../core/index.js';
import type { Ifnet, InetAddress } from '../ifnet/index.js';
import type { NotifyPeersRequest, NotifyPeersTally } from './events.js';

/** How often a request is carried out. */
export interface Rounds {
  /** How many rounds in one burst, 1 or more. */
  readonly count: number;
  /** Between two rounds of a burst, in milliseconds. */
  readonly interval: number;
  /** Between the starts of two bursts, in milliseconds; 0 means one burst only. */
  readonly repeat: number;
}

/** What an announcement needs of the module that makes it. */
export interface AnnouncementParts {
  readonly clock: Clock;
  readonly rounds: Rounds;
  /** Carries out one round. */
  readonly send: (request: NotifyPeersRequest) => void;
  /** The last round is over, or the rest was stopped. */
  readonly ended: (announcement: Announcement) => void;
}

/**
 * A request under way. Disposing of it stops the rounds that are still to come. An address that leaves the interface in
 * the meantime is announced no more: another host may have it by now.
 */
export class Announcement implements Disposable {
  readonly ifp: Ifnet;
  /**
   * Resolves when the last round is on the wire, or the rest was stopped, with the numbers of frames sent and failed.
   * Never rejects. Pending until disposal where the announcement repeats without end.
   */
  readonly done: Promise<Readonly<NotifyPeersTally>>;
  readonly #parts: AnnouncementParts;
  readonly #callout: Callout;
  readonly #started: number;
  #request: NotifyPeersRequest;
  #round = 0;
  #burst = 0;
  #stopped = false;
  #complete = false;
  #resolve: () => void = () => {};

  constructor(ifp: Ifnet, request: NotifyPeersRequest, parts: AnnouncementParts) {
    this.ifp = ifp;
    this.#request = request;
    this.#parts = parts;
    this.#started = parts.clock.now();
    this.#callout = parts.clock.callout(`announce ${ifp.name}`, () => this.run());
    this.done = new Promise((resolve) => {
      this.#resolve = () => resolve(request.tally);
    });
  }

  /** Whether every round was carried out, and none was left out because the interface or the addresses had gone. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Carries out one round and arms the next, if there is one. */
  run(): void {
    this.#parts.send(this.#request);
    if (this.#stopped) return;
    const next = this.#nextRound();
    this.#complete = next === undefined;
    if (next === undefined) this[Symbol.dispose]();
    else this.#callout.resetAt(next);
  }

  /** Counted from the start and not from the last round: a late round does not delay those after it. */
  #nextRound(): number | undefined {
    const { count, interval, repeat } = this.#parts.rounds;
    this.#round++;
    if (this.#round === count) {
      if (repeat === 0) return undefined;
      this.#round = 0;
      // Bursts that were slept through (a suspended machine) are not made up for.
      this.#burst = Math.max(this.#burst + 1, Math.ceil((this.#parts.clock.now() - this.#started) / repeat));
    }
    return this.#started + this.#burst * repeat + this.#round * interval;
  }

  /** The address has left the interface. */
  forget(address: InetAddress): void {
    const { addresses } = this.#request;
    if (addresses === undefined) return;
    const left = addresses.filter((a) => !a.equals(address));
    this.#request = { ...this.#request, addresses: left };
    if (left.length === 0) this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#callout.stop();
    this.#parts.ended(this);
    this.#resolve();
  }
}
