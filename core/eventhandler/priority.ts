import { CarpetError } from '../errors.js';

/** Runs before everything else. */
export const EVENTHANDLER_PRI_FIRST = 0;
/** The default, for handlers whose place does not matter. */
export const EVENTHANDLER_PRI_ANY = 10000;
/** Runs last, but for larger numbers: LAST + 1, + 100 and + 200 are in use at shutdown. */
export const EVENTHANDLER_PRI_LAST = 20000;

/** Runs first in the shutdown lists. */
export const SHUTDOWN_PRI_FIRST = EVENTHANDLER_PRI_FIRST;
/** For shutdown handlers whose place does not matter. */
export const SHUTDOWN_PRI_DEFAULT = EVENTHANDLER_PRI_ANY;
/** Runs last in the shutdown lists. */
export const SHUTDOWN_PRI_LAST = EVENTHANDLER_PRI_LAST;
/** For vm_lowmem: handlers give memory back before others look at what is left. */
export const LOWMEM_PRI_DEFAULT = EVENTHANDLER_PRI_FIRST;

/** NaN or a fraction would silently break the order of a list. @throws CarpetError ERANGE */
export function checkPriority(list: string, priority: number): number {
  if (Number.isSafeInteger(priority) && priority >= 0) return priority;
  throw new CarpetError('ERANGE', `${list}: priority ${String(priority)} must be a whole number, 0 or more`);
}
