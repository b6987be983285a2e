/**
 * The state of a shared address on this host, whatever protocol decides about it: FreeBSD's words, which keepalived shares
 * but for INIT (its FAULT and STOP, RFC 9568's Initialize). Only a MASTER has the address.
 */
export type VipState = 'INIT' | 'BACKUP' | 'MASTER';

/** A transition, as `vip_state_event` reports it. */
export interface VipStateChange {
  readonly from: VipState;
  readonly to: VipState;
  /** In words: each protocol has its own set of them. */
  readonly reason: string;
}
