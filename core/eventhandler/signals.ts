/**
 * Who is to be told when an AbortSignal aborts: one listener on each signal, however many registrations came with it. A
 * signal of its own accord warns of a leak at the eleventh.
 */
export class AbortSubscriptions {
  readonly #subscribers = new WeakMap<AbortSignal, Set<() => void>>();

  /** Calls `aborted` when the signal aborts. @returns what ends the subscription */
  subscribe(signal: AbortSignal, aborted: () => void): () => void {
    const subscribers = this.#subscribers.get(signal) ?? this.#listen(signal);
    const subscriber = (): void => aborted();
    subscribers.add(subscriber);
    return () => {
      subscribers.delete(subscriber);
      if (subscribers.size === 0) this.#leave(signal, subscribers);
    };
  }

  #listen(signal: AbortSignal): Set<() => void> {
    const subscribers = new Set<() => void>();
    const listener = (): void => {
      for (const subscriber of subscribers) subscriber();
    };
    this.#subscribers.set(signal, subscribers);
    this.#listeners.set(subscribers, listener);
    signal.addEventListener('abort', listener, { once: true });
    return subscribers;
  }

  readonly #listeners = new WeakMap<Set<() => void>, () => void>();

  /** The last one has gone: the signal may outlive the registry, and must not hold on to it. */
  #leave(signal: AbortSignal, subscribers: Set<() => void>): void {
    signal.removeEventListener('abort', this.#listeners.get(subscribers)!);
    if (this.#subscribers.get(signal) === subscribers) this.#subscribers.delete(signal);
  }
}
