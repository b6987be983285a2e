import type { Json } from '../json.js';

/** How `kernel.load` loads a module. */
export interface LoadOptions {
  /** The state of a predecessor, from `kernel.handover`: for the module's `takeover`. */
  readonly state?: Json | undefined;
}
