import type { EventHandlerError } from './errors.js';
import type { AbortSubscriptions } from './signals.js';
import type { EventHandlerTracer } from './trace.js';

/** A timer that can be armed and stopped: as much of core/time's Callout as is needed here. */
export interface WarningCallout {
  reset(ms: number): void;
  stop(): unknown;
}

/** What all lists of a registry share. */
export interface Policy {
  /** Receives an error for which the list has no `onError` of its own. */
  onError: (error: EventHandlerError) => void;
  warn: (message: string) => void;
  /** Makes the timer of the warnings about waits. */
  readonly callout: (name: string, fn: () => void) => WarningCallout;
  /** How long a deregister waits before it names the handlers that it waits for, in milliseconds. */
  readonly waitWarning: number;
  /** Calls in one dispatch, beyond the number of its handlers, that make it a runaway. */
  readonly runawayLimit: number;
  /** Handlers in one list that make it look like a leak. */
  readonly leakThreshold: number;
  readonly tracers: readonly EventHandlerTracer[];
  readonly signals: AbortSubscriptions;
}
