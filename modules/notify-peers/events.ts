import type { Ifnet, InetAddress } from '../ifnet/index.js';

/** One round of announcements: what the handlers of `netdev_notify_peers` send once. */
export interface NotifyPeersRequest {
  /** What to announce; absent means every usable address of the interface, and of the VLANs on it. */
  readonly addresses?: readonly InetAddress[];
  /** The link-layer address to announce and to send from, six bytes; absent means the interface's own. */
  readonly lladdr?: Uint8Array;
  /** Gratuitous ARP as a request, which every receiver understands (RFC 5227 section 3), or as a reply. */
  readonly form: ArpForm;
  /** Whether neighbour advertisements say that this host is a router (RFC 4861 section 4.4); absent: if the interface forwards. */
  readonly router?: boolean;
  /** Neighbours that each address asks for their link-layer address, in its own name: see question.ts. */
  readonly ask?: readonly InetAddress[];
  /** Where the handlers count what they send. */
  readonly tally: NotifyPeersTally;
}

/** What became of the frames of one announcement, all its rounds together. */
export interface NotifyPeersTally {
  sent: number;
  /** Refused by the interface; each is logged too, once per cause. */
  failed: number;
}

/** Gratuitous ARP as a request or as a reply. */
export type ArpForm = 'request' | 'reply';

declare module 'carpet-kernel' {
  interface EventHandlers {
    /**
     * NETDEV_NOTIFY_PEERS: tell the link where these addresses are. Every protocol with something to announce registers
     * here; the caller repeats it (`NotifyPeers.netifNotifyPeers`).
     */
    netdev_notify_peers(ifp: Ifnet, request: NotifyPeersRequest): void;
  }
}
