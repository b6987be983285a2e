import type { InetAddress } from '../../ifnet/index.js';
import type { CarpPeerStatus } from '../status.js';
import { CARP_BOW_OUT } from '../wire/header.js';
import type { CarpReception } from './receiver.js';

/** Sources that are remembered: a host with both families has two. */
const MAX_PEERS = 8;
/** Gaps between the advertisements of each. */
const MAX_GAPS = 8;

interface Peer {
  source: InetAddress;
  advbase: number;
  advskew: number;
  demote: number;
  time: number;
  bowedOut: boolean;
  readonly gaps: Float64Array;
  /** Gaps noted so far; their places are taken in turn. */
  count: number;
}

/**
 * The hosts that were heard lately, and how regularly, as evidence of what a failover was about. Noted in place: nothing is
 * allocated for an advertisement of a host that is known.
 */
export class HeardPeers {
  readonly #peers: Peer[] = [];

  /** An authentic advertisement. */
  note({ source, advbase, advskew, demote, arrivedAt: time }: CarpReception): void {
    const bowedOut = advbase === CARP_BOW_OUT && advskew === CARP_BOW_OUT;
    const peer = this.#peers.find((each) => each.source.equals(source));
    if (peer === undefined) {
      this.#add({
        source,
        advbase,
        advskew,
        demote,
        time,
        bowedOut,
        gaps: new Float64Array(MAX_GAPS),
        count: 0,
      });
      return;
    }
    peer.gaps[peer.count++ % MAX_GAPS] = time - peer.time;
    peer.time = time;
    peer.bowedOut = bowedOut;
    if (bowedOut) return;
    peer.advbase = advbase;
    peer.advskew = advskew;
    peer.demote = demote;
  }

  /** The latest heard first. @param now on the clock of `note` */
  status(now: number): CarpPeerStatus[] {
    return this.#peers
      .toSorted((a, b) => b.time - a.time)
      .map(({ source, advbase, advskew, demote, time, bowedOut, gaps, count }) => ({
        address: source.toString(),
        advbase,
        advskew,
        demote,
        heardAgo: now - time,
        bowedOut,
        gaps: Array.from({ length: Math.min(count, MAX_GAPS) }, (_, i) => gaps[(count - 1 - i) % MAX_GAPS]!),
      }));
  }

  /** The one heard longest ago makes room. */
  #add(peer: Peer): void {
    if (this.#peers.length < MAX_PEERS) this.#peers.push(peer);
    else {
      const oldest = this.#peers.reduce((least, each) => (each.time < least.time ? each : least));
      this.#peers[this.#peers.indexOf(oldest)] = peer;
    }
  }
}
