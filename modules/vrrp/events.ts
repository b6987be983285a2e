/**
 * The event lists that VRRP declares and invokes.
 *
 * @module
 */
import type { InetAddress } from '../ifnet/index.js';
import type { VrrpRouter } from './router.js';
import type { VrrpStateChange } from './state.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    /**
     * A virtual router has changed its state; a new MASTER has sent its first advertisement. Priorities: the addresses are
     * put in place or taken away at 0, the neighbours notified at 1000, vip_state_event is invoked at 2000, devctl records
     * at 20000.
     */
    vrrp_state_event(router: VrrpRouter, change: VrrpStateChange): void;
    /**
     * A valid advertisement of another MASTER came, which sends one every `interval` milliseconds; priority 0 is left out.
     * Called before the virtual router judges it, and for every advertisement.
     */
    vrrp_heard_event(router: VrrpRouter, peer: InetAddress, interval: number): void;
    /** The timer of a MASTER has sent an advertisement, `late` milliseconds after it was due. Called for each of them. */
    vrrp_advertise_event(router: VrrpRouter, late: number): void;
  }
}
