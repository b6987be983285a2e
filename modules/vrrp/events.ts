/**
 * The event lists that VRRP declares and invokes.
 *
 * @module
 */
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
  }
}
