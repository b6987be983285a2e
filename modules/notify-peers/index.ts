/** netif_notify_peers: gratuitous ARP and unsolicited neighbour advertisements. */
export type { IsForeign } from './addresses.js';
export type { Announcement, Rounds } from './announcement.js';
export type { ArpForm, NotifyPeersRequest, NotifyPeersTally } from './events.js';
export { gratuitousArp } from './garp.js';
export { NotifyPeers, type NotifyPeersOptions } from './module.js';
export { unsolicitedNa } from './unsolicited-na.js';
