/** errno(3): numbers, names, and the error for a failed call. */
import { constants } from 'node:os';
import { CarpetError } from '../../core/index.js';

export const { EAGAIN, EINTR } = constants.errno;

/** Second names of a number: the first one wins. The kernel's own errno.h lacks ENOTSUP. */
const ALIASES: ReadonlySet<string> = new Set(['EWOULDBLOCK', 'ENOTSUP']);

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    .toSorted(([a], [b]) => Number(ALIASES.has(b)) - Number(ALIASES.has(a)))
    .map(([name, number]) => [number, name]),
);

/** The name of an errno: `EPERM` for 1 or -1, `E<number>` if Node does not know it. */
export function errnoName(errno: number): string {
  const number = Math.abs(errno);
  return NAMES.get(number) ?? `E${number}`;
}

/**
 * A call of the C library failed. `code` is the errno's name. The message names only the call: a caller that knows the
 * subject (an interface, a path) throws an error about that, with this one as its cause.
 */
export class SystemError extends CarpetError {
  constructor(
    readonly call: string,
    readonly errno: number,
  ) {
    super(errnoName(errno), `${call} failed: ${errnoName(errno)}`);
  }
}
