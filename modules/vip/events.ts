/**
 * The event lists of shared addresses, whatever protocol decides who has them.
 *
 * @module
 */
import type { VipStateChange } from './state.js';
import type { Vip } from './vip.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    /**
     * Shared addresses have changed their state on this host, by CARP, VRRP or another protocol. It is invoked from the
     * protocol's own list (`carp_state_event`, priority 2000): a new MASTER's addresses are on the interface and the
     * neighbours notified by then, and handlers of the protocol's list without a priority come later.
     */
    vip_state_event(vip: Vip, change: VipStateChange): void;
  }
}
