/**
 * The event lists of shared addresses, whatever protocol decides who has them.
 *
 * @module
 */
import type { VipState, VipStateChange } from './state.js';
import type { Vip } from './vip.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    /**
     * Shared addresses have changed their state on this host, by CARP, VRRP or another protocol. It is invoked from the
     * protocol's own list (`carp_state_event`, priority 2000): a new MASTER's addresses are on the interface and the
     * neighbours notified by then, and handlers of the protocol's list without a priority come later.
     */
    vip_state_event(vip: Vip, change: VipStateChange): void;
    /**
     * A virtual host is about to be told its state: by an operator, a health check or another program. Unlike
     * `vip_state_event` it comes although it is in that state.
     */
    vip_command_event(vip: Vip, state: VipState): void;
    /**
     * This host is being drained: it leaves these for maintenance, and waits for the handlers, for at most
     * net.inet.vip.drain_timeout. Stop here what needs the addresses.
     */
    vip_drain_event(vips: readonly Vip[], reason: string): void;
    /** The maintenance is over: these may become MASTER again when the handlers have ended. */
    vip_undrain_event(vips: readonly Vip[]): void;
  }
}
