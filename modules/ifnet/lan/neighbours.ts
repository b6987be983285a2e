import type { Callout, Clock } from '../../../core/time/index.js';
import { type InetAddress, type LleEvent, sameBytes } from '../index.js';

/** RFC 4861 section 10, and Linux for ARP: retransmission timer, attempts, base reachable time. In milliseconds. */
const RETRANS_MS = 1000;
const MAX_SOLICITS = 3;
const REACHABLE_MS = 30_000;
/** Entries of one cache, as Linux's gc_thresh3; one more pushes out the one that was made first. */
const MAX_ENTRIES = 1024;
/** Packets that wait for one resolution; more push out the oldest. */
const MAX_QUEUE = 16;

/** One entry of the cache. `lladdr` is absent while the address is being resolved. */
export interface Neighbour {
  readonly address: InetAddress;
  lladdr: Uint8Array | undefined;
  router: boolean;
  /** Clock time at which the neighbour was last heard of. */
  confirmed: number;
}

interface Entry extends Neighbour {
  tries: number;
  readonly queue: ((lladdr: Uint8Array) => void)[];
  readonly callout: Callout;
}

/** What the cache needs of its interface. */
export interface NeighbourDelegate {
  readonly clock: Clock;
  readonly name: string;
  solicit(address: InetAddress): void;
  neighbourEvent(entry: Neighbour, event: LleEvent): void;
}

/**
 * Which link-layer address has which internet address: the ARP and the neighbour-discovery cache of one interface.
 * An entry not confirmed for 30 s is still used but solicited again; one that never answers is given up after three
 * solicitations. A gratuitous announcement changes an entry and makes none, as on Linux (arp_accept 0).
 */
export class NeighbourCache implements Disposable {
  readonly #entries = new Map<string, Entry>();

  constructor(private readonly host: NeighbourDelegate) {}

  list(): Neighbour[] {
    return [...this.#entries.values()];
  }

  get(address: InetAddress): Neighbour | undefined {
    return this.#entries.get(address.toString());
  }

  /** Calls `send` with the neighbour's link-layer address: now if it is known, when it is, or never. */
  resolve(address: InetAddress, send: (lladdr: Uint8Array) => void): void {
    const entry = this.#entries.get(address.toString()) ?? this.#create(address);
    if (entry.lladdr === undefined) {
      if (entry.queue.push(send) > MAX_QUEUE) entry.queue.shift();
    } else send(entry.lladdr);
    const stale = this.host.clock.now() - entry.confirmed > REACHABLE_MS;
    if ((entry.lladdr === undefined || stale) && !entry.callout.pending) this.#solicit(entry);
  }

  /**
   * An announcement was heard. `create`: make an entry if there is none (the sender talks to us); `override`: an
   * address that differs from the known one replaces it (RFC 4861 section 7.2.5).
   */
  learn(
    address: InetAddress,
    lladdr: Uint8Array,
    { create = false, override = true, router }: { create?: boolean; override?: boolean; router?: boolean },
  ): void {
    const known = this.#entries.get(address.toString());
    if (known === undefined && !create) return;
    const entry = known ?? this.#create(address);
    const changed = entry.lladdr === undefined || !sameBytes(entry.lladdr, lladdr);
    if (entry.lladdr !== undefined && changed && !override) return;
    entry.lladdr = lladdr.slice();
    entry.router = router ?? entry.router;
    entry.confirmed = this.host.clock.now();
    entry.tries = 0;
    entry.callout.stop();
    if (changed) this.host.neighbourEvent({ ...entry }, 'RESOLVED');
    for (const send of entry.queue.splice(0)) send(entry.lladdr);
  }

  /** The link is gone: everything is forgotten, what waits is dropped. */
  flush(): void {
    const entries = [...this.#entries.values()];
    for (const entry of entries) {
      this.#remove(entry);
      if (entry.lladdr !== undefined) this.host.neighbourEvent({ ...entry }, 'DELETED');
    }
  }

  #create(address: InetAddress): Entry {
    while (this.#entries.size >= MAX_ENTRIES) this.#pushOut();
    const { clock, name } = this.host;
    const callout = clock.callout(`${name} neighbour ${address}`, () => this.#unanswered(entry));
    const entry: Entry = {
      address,
      lladdr: undefined,
      router: false,
      confirmed: 0,
      tries: 0,
      queue: [],
      callout,
    };
    this.#entries.set(address.toString(), entry);
    return entry;
  }

  #pushOut(): void {
    const [first] = this.#entries.values();
    this.#remove(first!);
    if (first!.lladdr !== undefined) this.host.neighbourEvent({ ...first! }, 'DELETED');
  }

  #solicit(entry: Entry): void {
    entry.tries++;
    entry.callout.reset(RETRANS_MS);
    this.host.solicit(entry.address);
  }

  #unanswered(entry: Entry): void {
    if (entry.tries < MAX_SOLICITS) {
      this.#solicit(entry);
      return;
    }
    this.#remove(entry);
    this.host.neighbourEvent({ ...entry }, 'TIMEDOUT');
  }

  #remove(entry: Entry): void {
    entry.callout.stop();
    entry.queue.length = 0;
    this.#entries.delete(entry.address.toString());
  }

  [Symbol.dispose](): void {
    for (const entry of this.#entries.values()) this.#remove(entry);
  }
}
