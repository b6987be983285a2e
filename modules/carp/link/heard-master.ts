import { InetAddress, type Prefetched } from '../../ifnet/index.js';
import { HeardPeers, type PeerWording } from '../../vip/index.js';
import type { CarpMasterState, CarpPeersState } from '../handover/schema.js';
import type { CarpEvidence, CarpMasterStatus, CarpPeerWords } from '../status.js';
import { CARP_BOW_OUT } from '../wire/header.js';
import type { CarpReception } from './receiver.js';

const WORDING: PeerWording<CarpPeerWords> = {
  copy: ({ advbase, advskew, demote }) => ({ advbase, advskew, demote }),
  same: (a, b) => a.advbase === b.advbase && a.advskew === b.advskew && a.demote === b.demote,
};

/** Instead of `undefined`: in a field that may hold that, each number is an object of its own. */
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * The last advertisement of another host, kept for the status alone: elections do not ask it. Its fields are noted in
 * place: an object for each advertisement would outlive the young generation, and grow the heap until a full collection.
 */
export class HeardMaster implements Prefetched {
  #source: InetAddress | undefined;
  #advbase = 0;
  #advskew = 0;
  #sealed = false;
  #time = 0;
  #heardAt = NEVER;
  readonly #peers = new HeardPeers(WORDING);
  /** By how many ms the last master-down timer was late. */
  timerLate = 0;

  /**
   * An authentic advertisement. Of a dual-stack MASTER the IPv4 address counts, as long as it is heard.
   *
   * @param deadTime in ms
   * @returns whether it is a bow-out
   */
  note(reception: CarpReception, deadTime: number): boolean {
    const { source, advbase, advskew, aliveOnly, sealed, arrivedAt } = reception;
    const bowsOut = advbase === CARP_BOW_OUT && advskew === CARP_BOW_OUT;
    if (aliveOnly) return bowsOut;
    this.#heardAt = arrivedAt;
    this.#peers.note(source, reception, arrivedAt, bowsOut);
    if (bowsOut) {
      this.#source = undefined;
      return true;
    }
    const fresh = this.#source?.family === 4 && arrivedAt - this.#time <= deadTime;
    if (source.family === 6 && fresh) return false;
    this.#source = source;
    this.#advbase = advbase;
    this.#advskew = advskew;
    this.#sealed = sealed;
    this.#time = arrivedAt;
    return false;
  }

  prefetch(): number {
    return Number(this.#time > 0) + this.#peers.prefetch();
  }

  /** When a peer was last heard, also by a bow-out; on the clock of `note`. */
  get heardAt(): number | undefined {
    return this.#heardAt === NEVER ? undefined : this.#heardAt;
  }

  capture(): CarpMasterState | null {
    if (this.#source === undefined) return null;
    return {
      source: this.#source.toString(),
      time: this.#time,
      advbase: this.#advbase,
      advskew: this.#advskew,
      sealed: this.#sealed,
    };
  }

  /** The hosts that were heard: one that has bowed out is no master, but may be the only one that can take over. */
  capturePeers(): CarpPeersState {
    return this.#peers.capture();
  }

  /** For one that has heard nobody yet. */
  adopt(state: CarpMasterState | null, peers: CarpPeersState): void {
    this.#peers.adopt(peers);
    this.#heardAt = peers.at(-1)?.time ?? NEVER;
    if (state === null) return;
    this.#source = InetAddress.parse(state.source);
    this.#advbase = state.advbase;
    this.#advskew = state.advskew;
    this.#sealed = state.sealed;
    this.#time = state.time;
    if (this.#heardAt === NEVER) this.#heardAt = state.time;
  }

  /** @param now on the clock of `note` */
  evidence(now: number): Pick<CarpEvidence, 'peers' | 'timerLate'> {
    return { peers: this.#peers.status(now), timerLate: this.timerLate };
  }

  /** @param now on the clock of `note` */
  status(now: number): CarpMasterStatus | undefined {
    if (this.#source === undefined) return undefined;
    const heardAgo = Math.round(now - this.#time);
    return {
      address: this.#source.toString(),
      advbase: this.#advbase,
      advskew: this.#advskew,
      sealed: this.#sealed,
      heardAgo,
    };
  }
}
