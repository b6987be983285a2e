/** The subscribers of one signal, and the listener that calls them. */
interface Subscription {
  readonly subscribers: Set<() => void>;
  readonly listener: () => void;
}

/**
 * Subscriptions to AbortSignals, with one listener per signal however many registrations came with it: Node warns of a
 * leak at the eleventh listener.
 */
export class AbortSubscriptions {
  readonly #subscriptions = new WeakMap<AbortSignal, Subscription>();

  /** Calls `aborted` when the signal aborts. @returns what ends the subscription */
  subscribe(signal: AbortSignal, aborted: () => void): () => void {
    const subscription = this.#subscriptions.get(signal) ?? this.#listen(signal);
    const subscriber = (): void => aborted();
    subscription.subscribers.add(subscriber);
    return () => {
      subscription.subscribers.delete(subscriber);
      if (subscription.subscribers.size === 0) this.#leave(signal, subscription);
    };
  }

  #listen(signal: AbortSignal): Subscription {
    const subscribers = new Set<() => void>();
    const listener = (): void => {
      for (const subscriber of subscribers) subscriber();
    };
    const subscription = { subscribers, listener };
    this.#subscriptions.set(signal, subscription);
    signal.addEventListener('abort', listener, { once: true });
    return subscription;
  }

  /** The signal may outlive the registry, and must not keep it in memory. */
  #leave(signal: AbortSignal, subscription: Subscription): void {
    signal.removeEventListener('abort', subscription.listener);
    if (this.#subscriptions.get(signal) === subscription) this.#subscriptions.delete(signal);
  }
}
