/**
 * @module
 * `once`, `until` and `events`, which a registry has, and a module's scope.
 */
import type { AnyEventName, Declared, EventArgs } from './events.js';
import type { AnyRegistration } from './registration.js';
import type { EventHandlerTag } from './tag.js';
import { type EventsOptions, events, until, type WaitOptions } from './waiting.js';

/** Waits for events instead of handling them. */
export abstract class EventWaits {
  /** Registers the handler that stands for code that waits. */
  protected abstract enterWait(name: string, registration: AnyRegistration): EventHandlerTag;

  /**
   * Resolves with the arguments of the event's next invocation.
   * @throws the signal's reason, as a rejection; CarpetError ECLOSED when all handlers of the list are removed, or the
   *   scope ends whose it is
   */
  async once<N extends AnyEventName>(
    name: N & Declared<N>,
    options: WaitOptions = {},
  ): Promise<EventArgs<N>> {
    return this.until<N>(name, () => true, options);
  }

  /**
   * Resolves with the arguments of the event's first invocation of which `filter` is true. An invocation that lies in the
   * past does not count: look first, or call this before.
   * @throws what `filter` throws, and as {@link once}
   */
  async until<N extends AnyEventName>(
    name: N & Declared<N>,
    filter: (...args: EventArgs<N>) => boolean,
    options: WaitOptions = {},
  ): Promise<EventArgs<N>> {
    const any = filter as (...args: unknown[]) => boolean;
    return (await until(this.#enter, name, any, options)) as EventArgs<N>;
  }

  /**
   * The event's invocations from now on, each as its arguments: `for await (const [ifp, state] of …)`. Leaving the loop
   * ends it.
   * @throws CarpetError EOVERFLOW, while iterating, when too many wait to be read; and as {@link once}
   */
  events<N extends AnyEventName>(
    name: N & Declared<N>,
    options: EventsOptions = {},
  ): AsyncIterableIterator<EventArgs<N>> {
    return events(this.#enter, name, options) as AsyncIterableIterator<EventArgs<N>>;
  }

  readonly #enter = (name: string, registration: AnyRegistration): EventHandlerTag =>
    this.enterWait(name, registration);
}
