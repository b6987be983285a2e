import { CarpetError } from '../errors.js';

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

/** One dispatch has called so many handlers that it cannot be meant to end. */
export class RunawayError extends CarpetError {
  constructor(event: string, handler: string, limit: number) {
    super(
      'ERUNAWAY',
      `${event}: stopped a dispatch that called ${limit} handlers more than there were; the next was ${handler}. ` +
        'A handler that registers another one of its own priority, or a later one, on each call never ends',
    );
  }
}

export function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
