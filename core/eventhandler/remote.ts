import type { Callable } from './entry.js';

/**
 * How a list treats handlers that run in address spaces of their own: they get events by value, later than the others,
 * and may fail to answer.
 */
export interface RemoteHandling {
  /** Which of its events is dropped when a handler's queue is full. Default `oldest`. */
  overflow: 'oldest' | 'newest';
  /**
   * What it means in an event that asks for permission when a handler does not answer in time: it refuses, or it has no
   * objection. A dispatch that does not wait (`invoke`) cannot have an answer. Default `refuse`.
   */
  unanswered: 'refuse' | 'allow';
}

/** Calls a handler whose promise is waited for: one that stands for others elsewhere has to ask them then. */
export function callAwaited(list: { awaiting: boolean }, func: Callable, args: readonly unknown[]): unknown {
  list.awaiting = true;
  try {
    return func(...args);
  } finally {
    list.awaiting = false;
  }
}
