import { CarpetError, describe, isOf } from '../errors.js';

/** The handler that failed. */
export interface FailedHandler {
  /** Its name, as `lists()` shows it. */
  readonly handler: string;
  readonly priority: number;
  /** The module that registered it. */
  readonly owner?: string | undefined;
}

/** A handler threw, or its promise rejected. What it threw is the `cause`; the code is `EHANDLER`. */
export class EventHandlerError extends CarpetError {
  /** The event that was being handled. */
  readonly event: string;
  readonly handler: string;
  readonly priority: number;
  /** The module that registered the handler, if a module did. */
  readonly owner: string | undefined;

  constructor(event: string, { handler, priority, owner }: FailedHandler, cause: unknown) {
    const whose = owner === undefined || handler.startsWith(`${owner}.`) ? '' : ` of ${owner}`;
    super(
      'EHANDLER',
      `${event}: handler ${handler}${whose} (priority ${priority}) failed: ${describe(cause)}`,
      {
        cause,
      },
    );
    this.event = event;
    this.handler = handler;
    this.priority = priority;
    this.owner = owner;
  }
}

/** A dispatch that cannot be meant to end, and was stopped (S9). The code is `ERUNAWAY`. */
export class RunawayError extends CarpetError {
  /** The list whose dispatch was stopped. */
  readonly event: string;
  readonly #unwinding: () => boolean;

  /** @param unwinding whether dispatches of the list are still on the stack that have to go */
  constructor(event: string, message: string, unwinding: () => boolean = () => false) {
    super('ERUNAWAY', `${event}: ${message}`);
    this.event = event;
    this.#unwinding = unwinding;
  }

  /** One dispatch met so many handlers that were registered while it ran. */
  static registrations(event: string, handler: string, limit: number): RunawayError {
    return new RunawayError(
      event,
      `stopped a dispatch during which ${limit} handlers were registered, the last of them ${handler}; ` +
        'a handler that on each call registers one of its own priority, or a later one, never ends',
    );
  }

  /**
   * The list was invoked by its own handlers, so many times over. With two of them that do it, the calls would double
   * at every level: so this goes through all handlers, of other lists too, to the outermost dispatch of the list.
   */
  static recursion(event: string, limit: number, unwinding: () => boolean): RunawayError {
    return new RunawayError(
      event,
      `stopped at ${limit} dispatches within each other; a handler that invokes its own list, directly or through ` +
        'another one, must have a condition under which it does not',
      unwinding,
    );
  }

  /** Whether a dispatch of that list lets it through; to the handlers of other lists it is an error like any. */
  passes(event: string): boolean {
    return event === this.event || this.#unwinding();
  }
}

/** Whether the stack was full. */
export function isStackOverflow(error: unknown): boolean {
  return isOf(error, RangeError) && describe(error).startsWith('Maximum call stack');
}
