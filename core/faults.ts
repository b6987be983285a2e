import { stackOf } from './errors.js';
import { EventHandlerError } from './eventhandler/index.js';
import { TaskError } from './kld/index.js';
import type { Log } from './log/index.js';
import type { Counter, Sysctl, SysctlBool } from './sysctl/index.js';
import type { CalloutError } from './time/index.js';

/** An error of a module's code that no caller waits for: of a handler, a callout or a task. */
export type KernelFault = EventHandlerError | CalloutError | TaskError;

/** Counts and reports the faults of a kernel's modules, and panics if the sysctl says so. */
export class Faults {
  readonly #log: Log;
  readonly #onError: ((error: KernelFault) => void) | undefined;
  readonly #handlers: Counter;
  readonly #callouts: Counter;
  readonly #tasks: Counter;
  readonly #panic: SysctlBool;

  /** @param onError receives the faults instead of the log */
  constructor(log: Log, sysctl: Sysctl, onError: ((error: KernelFault) => void) | undefined) {
    this.#log = log;
    this.#onError = onError;
    this.#handlers = sysctl.counter('kern.handler_errors', 'calls of event handlers that failed');
    this.#callouts = sysctl.counter('kern.callout_errors', 'calls of callouts that failed');
    this.#tasks = sysctl.counter('kern.task_errors', 'tasks of modules that failed');
    this.#panic = sysctl.bool('kern.panic_on_handler_error', {
      description: 'a handler, a callout or a task that fails ends the process',
      value: false,
    });
  }

  /** Throws what `onError` throws. */
  report(error: KernelFault): void {
    this.#counterOf(error).add();
    if (this.#panic.value) panic(error);
    if (this.#onError === undefined) this.#write(error);
    else this.#onError(error);
  }

  #counterOf(error: KernelFault): Counter {
    if (error instanceof EventHandlerError) return this.#handlers;
    return error instanceof TaskError ? this.#tasks : this.#callouts;
  }

  /** At most one line a minute for each handler; the stack is a debug line. */
  #write(error: KernelFault): void {
    const log = this.#log.child(error.owner ?? this.#log.module);
    const where = placeOf(error);
    log.limited(`${error.code} ${where}`).error(error.message, fields(error));
    const stack = stackOf(error.cause);
    if (stack !== undefined) log.limited(`stack ${where}`).debug(stack);
  }
}

function placeOf(error: KernelFault): string {
  if (error instanceof EventHandlerError) return `${error.event} ${error.handler}`;
  return error instanceof TaskError ? `task ${error.task}` : error.callout;
}

function fields(error: KernelFault): Record<string, unknown> {
  const { code } = error;
  const stack = stackOf(error.cause);
  const where =
    error instanceof EventHandlerError
      ? { event: error.event, handler: error.handler, priority: error.priority }
      : error instanceof TaskError
        ? { task: error.task }
        : { callout: error.callout };
  return { code, ...where, ...(stack !== undefined && { stack }) };
}

/** Throws where nothing can catch it, so that the process ends. */
function panic(error: KernelFault): void {
  queueMicrotask(() => {
    throw error;
  });
}
