import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { Libc, POLLERR, POLLPRI, Poller } from '../../libc/index.js';
import type { KernelFile } from '../memory-watch.js';
import { pressureTrigger } from '../pressure.js';

/**
 * A pressure-stall trigger: what is written into the file stays in force while it is open, and poll(2) reports POLLPRI
 * when it fires, at most once a window.
 *
 * @param gone the file's control group was removed
 * @returns undefined where that cannot be had: no koffi, a kernel before 5.2, a file that may not be written
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
      // The poller's look has used up the POLLPRI of a trigger that fired; what has gone stays so.
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
