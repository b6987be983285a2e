import { describe } from '../errors.js';
import type { EventHandlerInfo } from './info.js';

/** A handler that is about to be called. */
export interface HandlerCall {
  readonly list: string;
  readonly handler: string;
  /** The module that registered it. */
  readonly owner: string | undefined;
  readonly priority: number;
  /** The event's arguments. */
  readonly args: readonly unknown[];
}

/** Follows one call of a handler to its end. */
export interface HandlerWatch {
  /** Calls the handler, at once: for what is to be in force while it runs. If this does not, it is called all the same. */
  around?(call: () => void): void;
  /** The function has returned, or thrown `error`. `pending`: it returned a promise, and `settled` follows. */
  returned?(outcome: { readonly error?: unknown; readonly pending: boolean }): void;
  /** The promise is fulfilled, or was rejected with `error`. */
  settled?(outcome: { readonly error?: unknown }): void;
}

/**
 * The trace points (S25). A registry without a tracer does not test for one on its hot path: `invoked` is an entry
 * before all others, and `handling` wraps the handlers, only while there is a tracer that has them.
 */
export interface EventHandlerTracer {
  created?(list: string): void;
  registered?(list: string, handler: EventHandlerInfo): void;
  deregistered?(list: string, handler: EventHandlerInfo): void;
  /** Before the first handler is called. `args` are the event's own. */
  invoked?(list: string, args: readonly unknown[]): void;
  /** Before each handler is called. @returns what follows the call, if it is of interest */
  handling?(call: HandlerCall): HandlerWatch | undefined;
  /** Whether calls are of interest at the moment. Default: they are. */
  follows?(): boolean;
}

/** The place of the tracing entry: before everything that can be registered. */
export const TRACE_PRIORITY = -1;

/** Calls a tracer. An error of its own becomes a warning, and gives undefined. */
export function callTracer<T, R>(
  tracer: T,
  call: (tracer: T) => R,
  warn: (message: string) => void,
): R | undefined {
  try {
    return call(tracer);
  } catch (error) {
    warn(tracerFailure(error));
    return undefined;
  }
}

/** What is said of a tracer that throws. */
export function tracerFailure(error: unknown): string {
  return `a tracer failed: ${describe(error)}`;
}
