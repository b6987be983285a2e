import { CarpetError } from '../errors.js';

/** Runs before everything else. */
export const EVENTHANDLER_PRI_FIRST = 0;
/** For handlers to which their place does not matter. */
export const EVENTHANDLER_PRI_ANY = 10000;
/** Runs last, except for what asks for a larger number: LAST + 1, + 100 and + 200 are in use at shutdown. */
export const EVENTHANDLER_PRI_LAST = 20000;

export const SHUTDOWN_PRI_FIRST = EVENTHANDLER_PRI_FIRST;
export const SHUTDOWN_PRI_DEFAULT = EVENTHANDLER_PRI_ANY;
export const SHUTDOWN_PRI_LAST = EVENTHANDLER_PRI_LAST;
/** Whoever can give memory back does it before anybody looks at what is left. */
export const LOWMEM_PRI_DEFAULT = EVENTHANDLER_PRI_FIRST;

/** NaN or a fraction would break the order of a list without a word, so they are refused. */
export function checkPriority(list: string, priority: number): number {
  if (Number.isSafeInteger(priority) && priority >= 0) return priority;
  throw new CarpetError('ERANGE', `${list}: priority ${String(priority)} must be a whole number, 0 or more`);
}
