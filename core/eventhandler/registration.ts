import { CarpetError } from '../errors.js';
import { type Callable, Entry, type EntryDetails } from './entry.js';
import type { Handler, HandlerWithArg } from './events.js';
import { checkPriority, EVENTHANDLER_PRI_ANY } from './priority.js';

interface CommonOptions {
  /** A whole number, 0 or more; smaller runs earlier. Default EVENTHANDLER_PRI_ANY. */
  priority?: number | undefined;
  /** Shown by lists(), in errors and in warnings. Default the function's own name. */
  name?: string | undefined;
  /** The module it belongs to, for lists(). A module's scope sets it. */
  owner?: string | undefined;
  /** Deregisters, without waiting, when it aborts. */
  signal?: AbortSignal | undefined;
  /** Each call of an async handler waits until the one before has ended: calls do not overlap, and keep their order. */
  serial?: boolean | undefined;
  /**
   * How long the promise of an async handler may take, in milliseconds of the kernel's clock: then the call counts as
   * failed, with the code `ETIMEDOUT`, and nothing waits for it any more. 0 or more.
   */
  timeout?: number | undefined;
}

/** The options form of a registration. With `arg`, the handler is called with it before the event's arguments. */
export type RegisterOptions<A extends unknown[], T = undefined, R = unknown> = CommonOptions &
  ([T] extends [undefined]
    ? { handler: Handler<A, R>; arg?: undefined }
    : { handler: HandlerWithArg<T, A, R>; arg: T });

/** What a handler's own argument may be: anything but undefined, which means that there is none. */
export type Argument = NotPriority | number;

/**
 * What it may be where no priority follows: not a bare number, since that is almost always meant as the priority. In the
 * unambiguous forms, `register(name, func, 5, priority)` and `{ handler, arg: 5 }`, it may be a number.
 */
export type NotPriority = object | string | boolean | bigint | symbol | null;

/** What both forms of `register` come down to, once the types have done their work. */
export interface AnyRegistration extends CommonOptions {
  handler: (...args: never[]) => unknown;
  arg?: unknown;
  /** Called when the handler is removed, by anyone; lets the keeper of its tag forget it. */
  removed?: (() => void) | undefined;
}

export function asRegistration(
  list: string,
  first: unknown,
  arg: unknown,
  priority: number | undefined,
): AnyRegistration {
  if (typeof first === 'object' && first !== null) return first as AnyRegistration;
  assertNoPriority(list, arg, priority);
  return { handler: first as AnyRegistration['handler'], arg, priority };
}

/** Refuses at run time what the types refuse, for callers without them. @throws CarpetError EINVAL */
export function assertNoPriority(list: string, arg: unknown, priority: number | undefined): void {
  if (typeof arg !== 'number' || priority !== undefined) return;
  throw new CarpetError(
    'EINVAL',
    `${list}: is ${arg} the priority? That is the fourth argument: register(name, func, undefined, ${arg}). ` +
      `If it is the handler's: register(name, { handler, arg: ${arg} })`,
  );
}

/** @throws CarpetError EINVAL, ERANGE; the signal's reason if it has aborted already */
export function makeEntry(list: string, registration: AnyRegistration): Entry {
  const { handler, arg, priority, name, owner, signal, removed } = registration;
  signal?.throwIfAborted();
  const plain = name === undefined && owner === undefined && removed === undefined;
  const details = plain ? null : { name, owner, removed };
  return newEntry(list, handler, arg, priority, details);
}

/** As `makeEntry`, for the positional form. */
export function newEntry(
  list: string,
  handler: unknown,
  arg: unknown,
  priority: number = EVENTHANDLER_PRI_ANY,
  details: EntryDetails | null = null,
): Entry {
  if (typeof handler !== 'function') {
    throw new CarpetError('EINVAL', `${list}: a handler must be a function, got ${String(handler)}`);
  }
  const given = handler as Callable;
  const func = arg === undefined ? given : withArg(given, arg);
  return new Entry(func, given, checkPriority(list, priority), details);
}

/** Asking each entry for its `arg` would cost those that have none, which are most, more than this costs the others. */
function withArg(handler: Callable, arg: unknown): Callable {
  return (...args) => handler(arg, ...args);
}
