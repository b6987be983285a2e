import type { Callable } from './entry.js';
import type { Inquiry } from './inquiry.js';

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

/** How a handler is called at the moment, for one that stands for others elsewhere. */
export interface CallManner {
  /** Its promise is waited for. */
  readonly awaiting: boolean;
  /** What it answers counts. */
  readonly inquiry?: Inquiry | undefined;
}

/** Of a dispatch that does not wait. */
export const PLAIN: CallManner = { awaiting: false };
/** Of one that does. */
export const AWAITED: CallManner = { awaiting: true };

/** Calls a handler in that manner. */
export function callAs(
  list: { manner: CallManner },
  manner: CallManner,
  func: Callable,
  args: readonly unknown[],
): unknown {
  list.manner = manner;
  try {
    return func(...args);
  } finally {
    list.manner = PLAIN;
  }
}
