import type { Prefetched } from '../../ifnet/index.js';
import { HeardPeers, type PeerWording, type Successor } from '../../vip/index.js';
import type { VrrpHeard } from '../election/heard-master.js';
import type { VrrpRouterState } from '../handover/schema.js';
import type { VrrpPeerStatus, VrrpPeerWords } from '../status.js';
import { VRRP_PRIORITY_LEAST, VRRP_PRIORITY_STOP } from '../wire/header.js';

const WORDING: PeerWording<VrrpPeerWords> = {
  copy: ({ priority, interval }) => ({ priority, interval }),
  same: (a, b) => a.priority === b.priority && a.interval === b.interval,
};

/** The hosts that a virtual router has heard. A BACKUP is silent: those are hosts that have been MASTER. */
export class VrrpPeers implements Prefetched {
  readonly #peers = new HeardPeers(WORDING);

  /** A valid advertisement. @param time when it came, on the kernel's clock in ms */
  note(heard: VrrpHeard, time: number): void {
    this.#peers.note(heard.source, heard, time, heard.priority === VRRP_PRIORITY_STOP);
  }

  prefetch(): number {
    return this.#peers.prefetch();
  }

  capture(): VrrpRouterState['peers'] {
    return this.#peers.capture();
  }

  adopt(state: VrrpRouterState['peers']): void {
    this.#peers.adopt(state);
  }

  /** The latest heard first. @param now on the clock of `note` */
  status(now: number): VrrpPeerStatus[] {
    return this.#peers.status(now);
  }

  /** Whether one could take over. */
  get successor(): Successor {
    const heard = this.#peers.status(0);
    if (heard.length === 0) return 'unheard';
    return heard.some(mayTakeOver) ? 'heard' : 'left';
  }
}

/**
 * Whether a host that was heard could take over, if it is still there. Priority 0 says that its sender stops (RFC 9568 section
 * 5.2.4), but for one that had lowered its own to the least before: it gave the addresses away, and is BACKUP since.
 */
export function mayTakeOver({ bowedOut, priority }: Pick<VrrpPeerStatus, 'bowedOut' | 'priority'>): boolean {
  return !bowedOut || priority === VRRP_PRIORITY_LEAST;
}
