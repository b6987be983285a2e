/** errno(3): numbers, their names, and the error thrown for a failed call. */
import { constants } from 'node:os';
import { CarpetError } from '../../core/index.js';

export const { EAGAIN, ECONNABORTED, EINTR, ENOBUFS } = constants.errno;

/** Second names of a number, given way to by the first: the kernel's own errno.h lacks ENOTSUP. */
const ALIASES: ReadonlySet<string> = new Set(['EWOULDBLOCK', 'ENOTSUP']);

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    .toSorted(([a], [b]) => Number(ALIASES.has(b)) - Number(ALIASES.has(a)))
    .map(([name, number]) => [number, name]),
);

/** `EPERM` for 1 or -1. Numbers that Node does not name become `E<number>`. */
export function errnoName(errno: number): string {
  const number = Math.abs(errno);
  return NAMES.get(number) ?? `E${number}`;
}

/**
 * A call of the C library that failed. `code` is the errno's name; the message names the call only, so whoever knows
 * the subject (an interface, a path) turns it into an error about that, with this one as its cause.
 */
export class SystemError extends CarpetError {
  constructor(
    readonly call: string,
    readonly errno: number,
  ) {
    super(errnoName(errno), `${call} failed: ${errnoName(errno)}`);
  }
}
