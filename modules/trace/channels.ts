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

/** The names to subscribe to with node:diagnostics_channel. */
export const TRACE_CHANNELS = {
  create: 'carpet:eventhandler:create',
  register: 'carpet:eventhandler:register',
  deregister: 'carpet:eventhandler:deregister',
  invoke: 'carpet:eventhandler:invoke',
} as const;
