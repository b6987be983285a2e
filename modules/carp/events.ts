/**
 * The event lists that CARP declares and invokes.
 *
 * @module
 */
import type { InetAddress } from '../ifnet/index.js';
import type { CarpStateChange } from './state.js';
import type { CarpVhid } from './vhid.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    /**
     * A vhid has changed its state; a new MASTER has sent its first advertisement. Priorities: the addresses are put on
     * the interface or taken off at 0, the neighbours notified at 1000, devctl records at 20000, scripts start at 20001.
     */
    carp_state_event(vhid: CarpVhid, change: CarpStateChange): void;
    /** As MASTER, we heard a worse MASTER and stay: neighbours may have learnt its link-layer address meanwhile. */
    carp_reassert_event(vhid: CarpVhid, peer: InetAddress): void;
    /**
     * A fresh, authentic advertisement of another MASTER came, which sends one every `interval` milliseconds; bow-outs are
     * left out. Called before the vhid judges it: `vhid.state` is the state in which it was heard. Called for every
     * advertisement, in each address family.
     */
    carp_heard_event(vhid: CarpVhid, peer: InetAddress, interval: number): void;
    /** The timer of a MASTER has sent an advertisement, `late` milliseconds after it was due. Called for each of them. */
    carp_advertise_event(vhid: CarpVhid, late: number): void;
    /**
     * This host is being drained: it leaves these vhids for maintenance, and waits for the handlers, for at most
     * net.inet.vip.drain_timeout. `vip_drain_event` is for all protocols.
     */
    carp_drain_event(vhids: readonly CarpVhid[], reason: string): void;
    /** The maintenance is over: these vhids may become MASTER again when the handlers have ended. */
    carp_undrain_event(vhids: readonly CarpVhid[]): void;
    /** net.inet.carp.demotion is now `demotion`; `delta` was added, for `reason`. A `delta` of 0: other demotion has changed. */
    carp_demote_event(demotion: number, delta: number, reason: string): void;
  }
}
