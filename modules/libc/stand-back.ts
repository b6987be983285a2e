import { setPriority } from 'node:os';

/**
 * Lets the other threads of this process, and of the host, go before the calling thread: one that answers strangers or
 * runs a user's module must not hold up the protocols. A no-op where that is impossible or not allowed.
 *
 * @param nice 0 to 19, as nice(1) takes it
 */
export function standBack(nice: number): void {
  try {
    // On Linux the number 0 stands for the calling thread, elsewhere for the process.
    if (process.platform === 'linux') setPriority(0, nice);
  } catch {
    // It then competes as any thread.
  }
}
