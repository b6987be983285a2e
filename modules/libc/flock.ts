import { Library } from './library.js';

const LOCK_EX_NB = 2 | 4;

/**
 * Locks a file until its descriptor is closed (flock(2)). Never waits.
 * @returns false if another open file holds the lock
 * @throws SystemError; CarpetError ENOPKG without koffi
 */
export function lockFile(fd: number): boolean {
  const library = Library.load();
  const flock = library.func('int flock(int, int)');
  return library.unlessEmpty('flock', flock(fd, LOCK_EX_NB)) === 0;
}
