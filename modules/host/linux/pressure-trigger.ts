import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { Libc, POLLERR, POLLPRI, Poller } from '../../libc/index.js';
import type { KernelFile } from '../memory-watch.js';
import { pressureTrigger } from '../pressure.js';

/**
 * Sets a pressure-stall trigger. It lasts as long as the file is open, and poll(2) reports POLLPRI when it fires, at most
 * once a window.
 *
 * @param gone called when the file's control group was removed
 * @returns undefined if that is impossible: no koffi, a kernel before 5.2, a file that may not be written
 */
export function openTrigger(
  file: KernelFile,
  stall: number,
  fired: () => void,
  gone: () => void,
): Disposable | undefined {
  let fd = -1;
  try {
    const libc = Libc.load();
    fd = openSync(file.path, constants.O_RDWR | constants.O_NONBLOCK);
    writeSync(fd, `${pressureTrigger(stall)}\0`);
    return new PressureTrigger(libc, fd, fired, gone);
  } catch {
    if (fd >= 0) closeSync(fd);
    return undefined;
  }
}

/** Owns the descriptor. */
class PressureTrigger implements Disposable {
  readonly #poller: Poller;
  #fd: number;

  constructor(libc: Libc, fd: number, fired: () => void, gone: () => void) {
    const ready = (): void => {
      // The poller has consumed the POLLPRI of a trigger that fired. POLLERR stays: the control group is gone.
      if ((libc.poll(fd, POLLPRI) & POLLERR) === 0) return fired();
      this[Symbol.dispose]();
      gone();
    };
    this.#poller = new Poller(libc, fd, ready, POLLPRI);
    this.#fd = fd;
  }

  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    this.#poller[Symbol.dispose]();
    closeSync(this.#fd);
    this.#fd = -1;
  }
}
