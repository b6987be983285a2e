import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { KernelFile } from '../memory-watch.js';
import { pressureTrigger } from '../pressure.js';
import { openEpoll } from './epoll.js';

/**
 * A pressure-stall trigger: what is written into the file stays in force while it is open, and poll(2) reports POLLPRI
 * when it fires, at most once a window.
 *
 * @param gone the file's control group was removed
 * @returns undefined where that cannot be had: no epoll, a kernel before 5.2, a file that may not be written
 */
export function openTrigger(
  file: KernelFile,
  stall: number,
  fired: () => void,
  gone: () => void,
): Disposable | undefined {
  const Epoll = openEpoll();
  if (Epoll === undefined) return undefined;
  let fd = -1;
  try {
    fd = openSync(file.path, constants.O_RDWR | constants.O_NONBLOCK);
    writeSync(fd, `${pressureTrigger(stall)}\0`);
    const poller = new Epoll((error, _fd, events) => {
      if (error === null && (events & Epoll.EPOLLERR) === 0) return fired();
      trigger[Symbol.dispose]();
      gone();
    });
    poller.add(fd, Epoll.EPOLLPRI);
    const trigger = {
      [Symbol.dispose]: () => {
        if (poller.closed) return;
        poller.close();
        closeSync(fd);
      },
    };
    return trigger;
  } catch {
    if (fd >= 0) closeSync(fd);
    return undefined;
  }
}
