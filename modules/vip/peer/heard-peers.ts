import { InetAddress, type Prefetched } from '../../ifnet/index.js';

/** Sources that are remembered: a host with both families has two. */
const MAX_PEERS = 8;
/** Gaps between the advertisements of each. */
const MAX_GAPS = 8;

/** A host that was heard as MASTER, in its protocol's words. Of a dual-stack host each family counts by itself. */
export type HeardPeerStatus<Words> = Words & {
  /** The source of its advertisements. */
  readonly address: string;
  /** Milliseconds since it was heard. */
  readonly heardAgo: number;
  /** It bowed out with its last advertisement. */
  readonly bowedOut: boolean;
  /** Milliseconds between its latest advertisements, the latest first; up to eight. */
  readonly gaps: readonly number[];
};

/** What passes to a successor of what is known of a host. */
export interface HeardPeerState<Words> {
  readonly source: string;
  readonly words: Words;
  /** When it was heard last, on the kernel's clock in ms. */
  readonly time: number;
  readonly bowedOut: boolean;
}

/** How to handle a protocol's words. Functions of its own, since a loop over names of members costs every advertisement. */
export interface PeerWording<Words> {
  /** A copy, without what else is in the object. */
  copy(words: Readonly<Words>): Words;
  /** Whether both say the same. */
  same(a: Readonly<Words>, b: Readonly<Words>): boolean;
}

interface Peer<Words> {
  readonly source: InetAddress;
  words: Words;
  time: number;
  bowedOut: boolean;
  readonly gaps: Float64Array;
  /** Gaps noted so far; their places are taken in turn. */
  count: number;
}

/**
 * The hosts that were heard lately, and how regularly, as evidence of what a failover was about. Noted in place: nothing is
 * allocated for an advertisement of a host that is known, unless it says something else.
 */
export class HeardPeers<Words extends object> implements Prefetched {
  readonly #peers: Peer<Words>[] = [];
  readonly #wording: PeerWording<Words>;

  constructor(wording: PeerWording<Words>) {
    this.#wording = wording;
  }

  /**
   * An authentic advertisement.
   *
   * @param words are read, not kept
   * @param time when it came, in ms
   * @param bowsOut it says that its sender leaves, and has no other words
   */
  note(source: InetAddress, words: Readonly<Words>, time: number, bowsOut: boolean): void {
    const peer = this.#find(source);
    const wording = this.#wording;
    if (peer === undefined) {
      const gaps = new Float64Array(MAX_GAPS);
      return this.#add({ source, words: wording.copy(words), time, bowedOut: bowsOut, gaps, count: 0 });
    }
    peer.gaps[peer.count++ % MAX_GAPS] = time - peer.time;
    peer.time = time;
    peer.bowedOut = bowsOut;
    if (!bowsOut && !wording.same(peer.words, words)) peer.words = wording.copy(words);
  }

  /** Reads what `note` needs: see {@link Prefetched}. */
  prefetch(): number {
    const peer = this.#peers[0];
    return peer === undefined ? 0 : Number(peer.time > peer.gaps[peer.count % MAX_GAPS]!);
  }

  /** The latest heard first. @param now on the clock of `note` */
  status(now: number): HeardPeerStatus<Words>[] {
    return this.#peers
      .toSorted((a, b) => b.time - a.time)
      .map(({ source, words, time, bowedOut, gaps, count }) => ({
        address: source.toString(),
        ...words,
        heardAgo: now - time,
        bowedOut,
        gaps: Array.from({ length: Math.min(count, MAX_GAPS) }, (_, i) => gaps[(count - 1 - i) % MAX_GAPS]!),
      }));
  }

  /** For a successor, the one heard longest ago first. */
  capture(): HeardPeerState<Words>[] {
    return this.#peers
      .toSorted((a, b) => a.time - b.time)
      .map(({ source, words, time, bowedOut }) => ({ source: source.toString(), words, time, bowedOut }));
  }

  /** For one that has heard nobody yet. */
  adopt(state: readonly HeardPeerState<Words>[]): void {
    for (const { source, words, time, bowedOut } of state)
      this.note(InetAddress.parse(source), words, time, bowedOut);
  }

  #find(source: InetAddress): Peer<Words> | undefined {
    for (const peer of this.#peers) if (peer.source.equals(source)) return peer;
    return undefined;
  }

  /** The one heard longest ago makes room. */
  #add(peer: Peer<Words>): void {
    if (this.#peers.length < MAX_PEERS) this.#peers.push(peer);
    else {
      const oldest = this.#peers.reduce((least, each) => (each.time < least.time ? each : least));
      this.#peers[this.#peers.indexOf(oldest)] = peer;
    }
  }
}
