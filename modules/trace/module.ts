/**
 * @module
 * Messages are published before the handlers run, and subscribers are called at once. Node rethrows the error of a
 * subscriber by itself; the dispatch goes on.
 */
import { channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import {
  EventHandlerRegistry,
  type HandlerCall,
  type HandlerWatch,
  inject,
  Kernel,
  Module,
  Scope,
} from '../../core/index.js';
import { type CallMessage, TRACE_CALLS, TRACE_CHANNELS } from './channels.js';

type CallChannel = TracingChannel<string, CallMessage>;

/**
 * Kept while the process lives, for Node 20: after it has collected a channel that nobody holds, it drops the next one of
 * that name from its table, with whoever has subscribed to that.
 */
const create = channel(TRACE_CHANNELS.create);
const register = channel(TRACE_CHANNELS.register);
const deregister = channel(TRACE_CHANNELS.deregister);
const invoke = channel(TRACE_CHANNELS.invoke);
const calls: CallChannel = tracingChannel(TRACE_CALLS);

/**
 * Publishes the trace points of the event handler lists (the C code's KTR points) on Node's diagnostics channels, where
 * tracing tools look for them, and each call of a handler on a TracingChannel. While this module is not loaded, tracing
 * costs nothing at all; while it is loaded without subscribers, each invoke and each call tests one more boolean.
 */
@Module({ name: 'trace' })
export class TraceModule {
  constructor(
    @inject(Kernel) private readonly kernel: Kernel,
    @inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry,
    @inject(Scope) private readonly scope: Scope,
  ) {}

  start(): void {
    const kernel = this.kernel.name;
    this.scope.own(
      this.eventhandler.trace({
        created: (list) => create.publish({ kernel, list }),
        registered: (list, handler) => register.publish({ kernel, list, handler }),
        deregistered: (list, handler) => deregister.publish({ kernel, list, handler }),
        invoked: (list, args) => {
          if (invoke.hasSubscribers) invoke.publish({ kernel, list, args });
        },
        follows: () => hasSubscribers(calls),
        handling: (call) => publishCall(calls, kernel, call),
      }),
    );
  }
}

function hasSubscribers({ start, end, asyncStart, asyncEnd, error }: CallChannel): boolean {
  return [start, end, asyncStart, asyncEnd, error].some((each) => each.hasSubscribers);
}

/** Publishes one call as Node's own `tracePromise` would; the handler runs within what subscribers have bound to `start`. */
function publishCall(channels: CallChannel, kernel: string, call: HandlerCall): HandlerWatch {
  const context: CallMessage = { kernel, ...call };
  const fail = (outcome: { readonly error?: unknown }): void => {
    if (!('error' in outcome)) return;
    context.error = outcome.error;
    channels.error.publish(context);
  };
  return {
    around: (call) => channels.start.runStores(context, call),
    returned(outcome) {
      context.pending = outcome.pending;
      fail(outcome);
      channels.end.publish(context);
    },
    settled(outcome) {
      fail(outcome);
      channels.asyncStart.publish(context);
      channels.asyncEnd.publish(context);
    },
  };
}
