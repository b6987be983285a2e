import type { Vip } from '../vip.js';
import type { LeavingVip } from './hand-over.js';

/** A virtual host as maintenance sees it. */
export interface MaintainedVip extends Vip, LeavingVip {}

/** How a protocol takes part in maintenance. */
export interface MaintainedProtocol {
  /** Its virtual hosts, in the order of their creation. */
  vips(): readonly MaintainedVip[];
  /** Tells the handlers of a list of its own that some of them are about to leave, and waits for these handlers. */
  leaving?(signal: AbortSignal, vips: readonly Vip[], reason: string): Promise<void>;
  /** The same when they are about to come back. */
  returning?(signal: AbortSignal, vips: readonly Vip[]): Promise<void>;
}
