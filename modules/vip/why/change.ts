import type { VipState } from '../state.js';

/** A change of state that was seen, with its evidence. */
export interface SeenChange<Reason extends string = string> {
  readonly from: VipState;
  readonly to: VipState;
  readonly reason: Reason;
  /** When, in ms since 1970. */
  readonly time: number;
  /** Whether it was the network or this process, in words; undefined where that is no question. */
  readonly evidence: string | undefined;
}
