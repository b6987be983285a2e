import { describe } from '../errors.js';
import type { EventHandlerInfo } from './info.js';

/**
 * The trace points (S25). A registry without a tracer does not test for one on its hot path: `invoked` is an entry
 * before all others, present only while there is a tracer.
 */
export interface EventHandlerTracer {
  created?(list: string): void;
  registered?(list: string, handler: EventHandlerInfo): void;
  deregistered?(list: string, handler: EventHandlerInfo): void;
  /** Before the first handler is called. `args` are the event's own. */
  invoked?(list: string, args: readonly unknown[]): void;
}

/** The place of the tracing entry: before everything that can be registered. */
export const TRACE_PRIORITY = -1;

/** Calls a tracer. An error of its own becomes a warning. */
export function callTracer(
  tracer: EventHandlerTracer,
  call: (tracer: EventHandlerTracer) => void,
  warn: (message: string) => void,
): void {
  try {
    call(tracer);
  } catch (error) {
    warn(`a tracer failed: ${describe(error)}`);
  }
}
