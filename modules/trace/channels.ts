import type { EventHandlerInfo } from '../../core/index.js';

/** What every message on these channels carries. */
export interface TraceMessage {
  /** The kernel's name: several kernels of one process publish on the same channels. */
  readonly kernel: string;
  /** The event handler list. */
  readonly list: string;
}

/** Published when a handler is registered or deregistered. */
export interface HandlerMessage extends TraceMessage {
  readonly handler: EventHandlerInfo;
}

/** Published when a list is invoked. */
export interface InvokeMessage extends TraceMessage {
  /** The event's arguments. */
  readonly args: readonly unknown[];
}

/**
 * The context of one call of a handler, the same object in all messages about it: `start` and `end` around the function,
 * `asyncStart` and `asyncEnd` when a promise that it returned has settled, `error` before `end` or `asyncEnd`.
 */
export interface CallMessage extends TraceMessage {
  readonly handler: string;
  /** The module that registered the handler. */
  readonly owner: string | undefined;
  readonly priority: number;
  /** The event's arguments. */
  readonly args: readonly unknown[];
  /** From `end` on: whether the handler returned a promise, so that `asyncStart` and `asyncEnd` follow. */
  pending?: boolean;
  /** What the handler threw, or rejected with. */
  error?: unknown;
}

/** The name to give to `tracingChannel` of node:diagnostics_channel, for the calls of handlers. */
export const TRACE_CALLS = 'carpet:eventhandler:call';

/** The names to subscribe to with node:diagnostics_channel. */
export const TRACE_CHANNELS = {
  create: 'carpet:eventhandler:create',
  register: 'carpet:eventhandler:register',
  deregister: 'carpet:eventhandler:deregister',
  invoke: 'carpet:eventhandler:invoke',
} as const;
