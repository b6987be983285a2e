/**
 * Readiness of descriptors as callbacks on the event loop, through the epoll package: its thread waits, its callback
 * runs here. Level-triggered: a callback that leaves something unread is called again.
 */
import { requireOptional } from './optional.js';

interface EpollObject {
  add(fd: number, events: number): void;
  close(): void;
}

interface EpollPackage {
  Epoll: { new (callback: (error: Error | null, fd: number) => void): EpollObject; readonly EPOLLIN: number };
}

export class Poller implements Disposable {
  readonly #epoll: EpollObject;

  /**
   * Watches `fd`, and keeps the process alive, until disposed of. Dispose of it before the descriptor is closed.
   * @param what `hangup`: only whether the other side has closed, which is always told
   */
  constructor(fd: number, ready: () => void, what: 'readable' | 'hangup' = 'readable') {
    const { Epoll } = requireOptional('epoll') as EpollPackage;
    this.#epoll = new Epoll(ready);
    this.#epoll.add(fd, what === 'readable' ? Epoll.EPOLLIN : 0);
  }

  [Symbol.dispose](): void {
    this.#epoll.close();
  }
}
