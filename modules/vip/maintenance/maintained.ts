import type { Vip } from '../vip.js';
import type { LeavingVip } from './hand-over.js';

/**
 * Whether another host would take over from a MASTER, as far as it can be known: a BACKUP is silent. `heard`: one has been
 * heard, which may have gone since; `left`: all that were heard have said that they stop; `unheard`: none was heard.
 */
export type Successor = 'heard' | 'left' | 'unheard';

/** A virtual host as maintenance sees it. */
export interface MaintainedVip extends Vip, LeavingVip {
  readonly successor: Successor;
}

/** How a protocol takes part in maintenance. */
export interface MaintainedProtocol {
  /** Its virtual hosts, in the order of their creation. */
  vips(): readonly MaintainedVip[];
  /** Tells the handlers of a list of its own that some of them are about to leave, and waits for these handlers. */
  leaving?(signal: AbortSignal, vips: readonly Vip[], reason: string): Promise<void>;
  /** The same when they are about to come back. */
  returning?(signal: AbortSignal, vips: readonly Vip[]): Promise<void>;
}
