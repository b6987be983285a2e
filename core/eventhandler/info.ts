import type { Entry } from './entry.js';

/** One handler, as `lists()` shows it. */
export interface EventHandlerInfo {
  readonly priority: number;
  readonly handler: string;
  /** The module that registered it. */
  readonly owner?: string;
  /** A dispatch on the stack counts as if it had reached it already. */
  readonly calls: number;
  /** How many of the calls threw or rejected. */
  readonly errors: number;
  /** Calls whose promise has not settled yet. */
  readonly running: number;
}

/** One list, as `lists()` shows it. */
export interface EventHandlerListInfo {
  readonly name: string;
  /** Dispatches in progress, waiting ones included. */
  readonly runcount: number;
  /** Deregistered entries that a dispatch in progress still holds. */
  readonly deadcount: number;
  /** In the order in which they are called. */
  readonly entries: readonly EventHandlerInfo[];
}

export function handlerInfo(entry: Entry, calls: number): EventHandlerInfo {
  const { priority, name, details, errors, inflight } = entry;
  const owner = details?.owner;
  return {
    priority,
    handler: name,
    ...(owner === undefined ? {} : { owner }),
    calls,
    errors,
    running: inflight,
  };
}
