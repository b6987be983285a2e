import { mountOf } from './mounts.js';

/** What hangs holds a thread of libuv's pool, which has four, and names and programs need some. */
const MAX_BUSY = 2;

/** A look at a file that has to wait. */
interface Waiting {
  readonly mount: string;
  begin(): void;
}

/**
 * The turns of checks that look at files. A disk that hangs, as of a server that is gone, holds whoever looks at it, whatever
 * the check's timeout: so there is one at a time on each file system, and on two of them at most. Those of one that works have
 * their turn within a moment.
 */
export class Disks {
  readonly #mountOf: (path: string) => string;
  /** The file systems that are being looked at. */
  readonly #busy = new Set<string>();
  readonly #waiting = new Set<Waiting>();

  constructor(of: (path: string) => string = mountOf) {
    this.#mountOf = of;
  }

  /**
   * Looks at a file when it is its turn, and gives the turn back when it has ended.
   * @param signal takes it out of the line; rejects with its reason then
   */
  async look<T>(path: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const mount = this.#mountOf(path);
    await this.#turn(mount, signal);
    try {
      return await work();
    } finally {
      this.#busy.delete(mount);
      this.#next();
    }
  }

  #turn(mount: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const giveUp = (): void => {
        this.#waiting.delete(waiting);
        reject(signal.reason as Error);
      };
      const begin = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const waiting = { mount, begin };
      signal.addEventListener('abort', giveUp);
      this.#waiting.add(waiting);
      this.#next();
    });
  }

  #next(): void {
    for (const waiting of this.#waiting) {
      if (this.#busy.size >= MAX_BUSY) return;
      if (this.#busy.has(waiting.mount)) continue;
      this.#busy.add(waiting.mount);
      this.#waiting.delete(waiting);
      waiting.begin();
    }
  }
}
