interface Epoch {
  pending: number;
  resolve: (() => void) | null;
}

/**
 * What `drain` waits by: every asynchronous call belongs to the epoch it started in, and closing an epoch waits for
 * its calls only. Waiting for a list to fall quiet instead would never end under steady traffic (S16).
 */
export class Epochs {
  #current: Epoch = { pending: 0, resolve: null };
  #previous: Promise<void> = Promise.resolve();

  enter(): Epoch {
    this.#current.pending++;
    return this.#current;
  }

  leave(epoch: Epoch): void {
    epoch.pending--;
    if (epoch.pending === 0) epoch.resolve?.();
  }

  /** Resolves when everything that has entered so far has left. */
  close(): Promise<void> {
    const epoch = this.#current;
    if (epoch.pending === 0) return this.#previous;
    const before = this.#previous;
    const ended = new Promise<void>((resolve) => {
      epoch.resolve = resolve;
    });
    this.#current = { pending: 0, resolve: null };
    this.#previous = before.then(() => ended);
    return this.#previous;
  }
}

export type { Epoch };
