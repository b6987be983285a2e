import { Libc } from '../libc/index.js';
import type { Listener } from './protocol.js';

/** What gives a descriptor of its own. */
interface Lender {
  /** @throws SystemError EMFILE */
  listener(): Listener;
}

/** Descriptors for one server, which closes them once it has taken them over; a server that never does closes none. */
export class LentListeners implements Disposable {
  #list: Listener[] = [];

  /** One of each socket, or none. @throws SystemError EMFILE */
  constructor(lenders: readonly Lender[]) {
    try {
      for (const lender of lenders) this.#list.push(lender.listener());
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  get list(): readonly Listener[] {
    return this.#list;
  }

  /** They are the server's from now on. */
  taken(): void {
    this.#list = [];
  }

  /** Closes those that are still ours. */
  [Symbol.dispose](): void {
    for (const { fd } of this.#list.splice(0)) Libc.load().close(fd);
  }
}
