/** What CARP tells the kernel. */
import type { InetAddress } from '../ifnet/index.js';
import type { CarpTakeoverReason } from './election/election.js';
import type { CarpVhid } from './vhid.js';

export type CarpState = 'INIT' | 'BACKUP' | 'MASTER';

/** Why a vhid changed its state: FreeBSD's words where FreeBSD has the case. */
export type CarpReason =
  | CarpTakeoverReason
  | 'initialization complete'
  | 'hardware interface up'
  | 'hardware interface down'
  | 'more frequent advertisement received'
  | 'less demoted advertisement received'
  | 'master timed out'
  | 'user requested via ifconfig'
  | 'resumed after a pause'
  | 'failover group'
  | 'shutting down';

export interface CarpStateChange {
  readonly from: CarpState;
  readonly to: CarpState;
  readonly reason: CarpReason;
}

declare module '../../core/eventhandler/events.js' {
  interface EventHandlers {
    /**
     * A vhid has changed its state; as MASTER its first advertisement has left. Priorities: the addresses are put on
     * the interface or taken off at 0, the peers notified at 1000, devctl records at 20000, scripts start at 20001.
     */
    carp_state_event(vhid: CarpVhid, change: CarpStateChange): void;
    /** As MASTER, we heard a worse MASTER and stay: somebody may have learned its link-layer address meanwhile. */
    carp_reassert_event(vhid: CarpVhid, peer: InetAddress): void;
    /** net.inet.carp.demotion is now `demotion`; `delta` was added, for `reason`. */
    carp_demote_event(demotion: number, delta: number, reason: string): void;
  }
}
