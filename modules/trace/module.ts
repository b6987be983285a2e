/**
 * @module
 * Messages are published before the handlers run, and subscribers are called at once. Node rethrows the error of a
 * subscriber by itself; the dispatch goes on.
 */
import { channel } from 'node:diagnostics_channel';
import { EventHandlerRegistry, inject, Kernel, Module, Scope } from '../../core/index.js';
import { TRACE_CHANNELS } from './channels.js';

/**
 * Publishes the trace points of the event handler lists (the C code's KTR points) on Node's diagnostics channels, where
 * tracing tools look for them. While this module is not loaded, tracing costs nothing at all; while it is loaded without
 * subscribers, each invoke tests one more boolean.
 */
@Module({ name: 'trace' })
export class TraceModule {
  constructor(
    @inject(Kernel) private readonly kernel: Kernel,
    @inject(EventHandlerRegistry) private readonly eventhandler: EventHandlerRegistry,
    @inject(Scope) private readonly scope: Scope,
  ) {}

  start(): void {
    const create = channel(TRACE_CHANNELS.create);
    const register = channel(TRACE_CHANNELS.register);
    const deregister = channel(TRACE_CHANNELS.deregister);
    const invoke = channel(TRACE_CHANNELS.invoke);
    const kernel = this.kernel.name;
    this.scope.own(
      this.eventhandler.trace({
        created: (list) => create.publish({ kernel, list }),
        registered: (list, handler) => register.publish({ kernel, list, handler }),
        deregistered: (list, handler) => deregister.publish({ kernel, list, handler }),
        invoked: (list, args) => {
          if (invoke.hasSubscribers) invoke.publish({ kernel, list, args });
        },
      }),
    );
  }
}
