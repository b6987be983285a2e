import { EventHandlerError } from './eventhandler/index.js';
import type { Log } from './log/index.js';
import type { Counter, Sysctl, SysctlBool } from './sysctl/index.js';
import type { CalloutError } from './time/index.js';

/** What a module's code threw where nobody waits for it: in a handler, or in a callout. */
export type KernelFault = EventHandlerError | CalloutError;

/** What a kernel does with the faults of its modules: counts them, reports them, and goes on, or panics. */
export class Faults {
  readonly #log: Log;
  readonly #onError: ((error: KernelFault) => void) | undefined;
  readonly #handlers: Counter;
  readonly #callouts: Counter;
  readonly #panic: SysctlBool;

  /** @param onError receives the faults instead of the log */
  constructor(log: Log, sysctl: Sysctl, onError: ((error: KernelFault) => void) | undefined) {
    this.#log = log;
    this.#onError = onError;
    this.#handlers = sysctl.counter('kern.handler_errors', 'calls of event handlers that failed');
    this.#callouts = sysctl.counter('kern.callout_errors', 'calls of callouts that failed');
    this.#panic = sysctl.bool('kern.panic_on_handler_error', {
      description: 'a handler or a callout that fails ends the process',
      value: false,
    });
  }

  /** Throws what `onError` throws. */
  report(error: KernelFault): void {
    (error instanceof EventHandlerError ? this.#handlers : this.#callouts).add();
    if (this.#panic.value) panic(error);
    if (this.#onError === undefined) this.#write(error);
    else this.#onError(error);
  }

  /** One line a minute for each handler, and where it was thrown for those who look closer. */
  #write(error: KernelFault): void {
    const log = this.#log.child(error.owner ?? this.#log.module);
    const where = error instanceof EventHandlerError ? `${error.event} ${error.handler}` : error.callout;
    log.limited(`${error.code} ${where}`).error(error.message, fields(error));
    const { cause } = error;
    if (cause instanceof Error && cause.stack !== undefined) log.limited(`stack ${where}`).debug(cause.stack);
  }
}

function fields(error: KernelFault): Record<string, unknown> {
  const { code, cause } = error;
  const where =
    error instanceof EventHandlerError
      ? { event: error.event, handler: error.handler, priority: error.priority }
      : { callout: error.callout };
  return { code, ...where, ...(cause instanceof Error && { stack: cause.stack }) };
}

/** Out of everybody's reach, so that it ends the process wherever it is reported. */
function panic(error: KernelFault): void {
  queueMicrotask(() => {
    throw error;
  });
}
