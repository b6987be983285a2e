import { CarpetError, describe } from '../errors.js';

/** What a handler threw, or rejected with, is its `cause`. */
export class EventHandlerError extends CarpetError {
  constructor(
    readonly event: string,
    readonly handler: string,
    readonly priority: number,
    cause: unknown,
  ) {
    super('EHANDLER', `${event}: handler ${handler} (priority ${priority}) failed: ${describe(cause)}`, {
      cause,
    });
  }
}

/** One dispatch met so many handlers that were registered while it ran that it cannot be meant to end (S9). */
export class RunawayError extends CarpetError {
  constructor(
    readonly event: string,
    handler: string,
    limit: number,
  ) {
    super(
      'ERUNAWAY',
      `${event}: stopped a dispatch during which ${limit} handlers were registered, the last of them ${handler}; ` +
        'a handler that on each call registers one of its own priority, or a later one, never ends',
    );
  }
}
