import { Library } from './library.js';

const LOCK_EX_NB = 2 | 4;

/**
 * Locks a file for its descriptor's life (flock(2)), without waiting.
 * @returns false when another holds the lock
 * @throws SystemError, CarpetError ENOPKG without koffi
 */
export function lockFile(fd: number): boolean {
  const library = Library.load();
  const flock = library.func('int flock(int, int)');
  return library.unlessEmpty('flock', flock(fd, LOCK_EX_NB)) === 0;
}
