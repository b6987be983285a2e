/**
 * One event handler list: what EVENTHANDLER(9) calls `struct eventhandler_list`.
 *
 * It holds its entries in the order of priority, oldest first among equals. A dispatch walks them and calls each:
 * - handlers may register, deregister and invoke, this list too; a nested dispatch runs to its end first (S7);
 * - what is added behind the running handler is called in the same dispatch (S8), before it is not;
 * - what is deregistered is not called any more, at once, even by a dispatch in progress (S10);
 * - a handler that throws, or whose promise rejects, is reported and stops nobody.
 *
 * `depth` counts the dispatches on the stack. While there are any, dead entries stay linked so that each dispatch finds
 * its way on; an invokeAsync that waits for a promise is off the stack and holds only the entry it waits at, so
 * overlapping async dispatches do not keep the dead for ever, as they do in C (S16).
 *
 * Two invokeAsync of one list interleave at their awaits: an async handler must be re-entrant (S28).
 */
import { Entry } from './entry.js';
import { Epochs } from './epoch.js';
import { describe, EventHandlerError, RunawayError } from './errors.js';
import type { Handler, HandlerWithArg } from './events.js';
import { type EventHandlerListInfo, handlerInfo } from './info.js';
import { LeakMonitor } from './leak.js';
import type { Policy } from './policy.js';
import { EntryQueue } from './queue.js';
import { type AnyRegistration, asRegistration, makeEntry, type RegisterOptions } from './registration.js';
import { type EventHandlerTag, Tag } from './tag.js';
import { TRACE_PRIORITY } from './trace.js';
import { Veto } from './veto.js';
import { waitFor } from './wait.js';

export class EventHandlerList<A extends unknown[] = unknown[]> extends EntryQueue {
  /** Receives the errors of this list's handlers instead of the registry's `onError`. */
  onError: ((error: EventHandlerError) => void) | undefined = undefined;

  readonly #policy: Policy;
  readonly #epochs = new Epochs();
  #leaks: LeakMonitor | null = null;
  #length = 0;
  /** Dispatches on the stack. */
  #depth = 0;
  /** Dispatches off the stack, each waiting for a promise. */
  #waiting = 0;
  /** Dead but still linked. */
  #graves: Entry[] = [];
  #deadcount = 0;

  /** @internal Lists are made by their registry: `defineList`. */
  constructor(
    readonly name: string,
    policy: Policy,
  ) {
    super();
    this.#policy = policy;
  }

  /** EVENTHANDLER_DIRECT_INVOKE: calls every handler, without a look-up. Does not wait for the async ones. */
  invoke(...args: A): void {
    let entry = this.head;
    if (entry === null) return;
    this.#depth++;
    let budget = this.#length + this.#policy.runawayLimit;
    do {
      if (entry.dead) continue;
      if (budget-- === 0) {
        this.#leave();
        throw this.#runaway(entry);
      }
      entry.calls++;
      try {
        const func = entry.func;
        const result = entry.hasArg ? func(entry.arg, ...args) : func(...args);
        if (result !== undefined) this.#track(entry, result);
      } catch (error) {
        this.#fail(entry, error, ...args);
      }
    } while ((entry = entry.next) !== null);
    this.#leave();
  }

  /**
   * Calls every handler, and waits for the promise of each before it calls the next: priority order is then the order
   * of completion. Handlers that throw or reject are reported as by `invoke`; the promise does not reject for them.
   */
  async invokeAsync(...args: A): Promise<void> {
    let entry = this.head;
    if (entry === null) return;
    const epoch = this.#epochs.enter();
    this.#depth++;
    try {
      let budget = this.#length + this.#policy.runawayLimit;
      for (; entry !== null; entry = entry.next) {
        if (entry.dead) continue;
        if (budget-- === 0) throw this.#runaway(entry);
        entry.calls++;
        try {
          const func = entry.func;
          const result = entry.hasArg ? func(entry.arg, ...args) : func(...args);
          if (isThenable(result)) await this.#park(entry, result);
        } catch (error) {
          this.#fail(entry, error, ...args);
        }
      }
    } finally {
      this.#leave();
      this.#epochs.leave(epoch);
    }
  }

  /**
   * Adds a handler, behind those of its own priority.
   * @param arg if given, the handler's first parameter, before the event's arguments
   * @param priority a whole number, 0 or more; smaller runs earlier
   * @throws CarpetError ERANGE for any other priority, EINVAL for a handler that is no function
   */
  register(func: Handler<A>, arg?: undefined, priority?: number): EventHandlerTag;
  register<T>(func: HandlerWithArg<T, A>, arg: T, priority?: number): EventHandlerTag;
  register(options: RegisterOptions<A>): EventHandlerTag;
  register<T>(options: RegisterOptions<A, T>): EventHandlerTag;
  register(first: unknown, arg?: unknown, priority?: number): EventHandlerTag {
    return this.add(asRegistration(first, arg, priority));
  }

  /** @internal What all forms of `register` come down to. */
  add(registration: AnyRegistration): EventHandlerTag {
    const entry = makeEntry(this.name, registration);
    this.insert(entry);
    this.#length++;
    if (this.#length * 2 > this.#policy.leakThreshold) this.#watch(entry);
    const tag = new Tag(this, entry);
    const { signal } = registration;
    if (signal !== undefined) {
      const abort = (): void => this.#kill(entry);
      signal.addEventListener('abort', abort, { once: true });
      entry.unsubscribe = () => signal.removeEventListener('abort', abort);
    }
    for (const tracer of this.#policy.tracers) tracer.registered?.(this.name, handlerInfo(entry));
    return tag;
  }

  /**
   * Removes the handler, at once, and resolves when its running calls have ended. `null` removes all.
   * A handler that awaits its own removal waits for ever (that is warned about): inside it use `deregisterNowait`.
   * @throws CarpetError EINVAL for anything that is neither null nor a tag of this list
   */
  deregister(tag: EventHandlerTag | null, options?: { signal?: AbortSignal }): Promise<void> {
    const entries = this.#bury(tag);
    const running = entries.filter((entry) => entry.inflight > 0 || (this.#depth > 0 && entry.linked));
    if (running.length === 0) return Promise.resolve();
    return waitFor(this.name, running, this.#policy, options?.signal);
  }

  /** Removes the handler, at once, and does not wait: its running calls may go on. `null` removes all. */
  deregisterNowait(tag: EventHandlerTag | null): void {
    this.#bury(tag);
  }

  /** Unlinks what is dead, and returns how many. Does nothing while the list is being dispatched. */
  prune(): number {
    if (this.#depth > 0 || this.#deadcount === 0) return 0;
    const graves = this.#graves;
    const held = graves.filter((entry) => entry.parked > 0);
    this.#graves = held;
    this.#deadcount = held.length;
    for (const entry of graves) {
      if (entry.parked > 0) continue;
      this.unlink(entry);
      if (entry.inflight === 0) entry.release();
    }
    return graves.length - held.length;
  }

  /** Resolves when every call that is in progress now has ended. Later ones are not waited for. */
  async drain(): Promise<void> {
    // One step later the stack has unwound, and the promises of the handlers that were on it are known.
    await Promise.resolve();
    await this.#epochs.close();
  }

  /** Live handlers. */
  get length(): number {
    return this.#length;
  }

  info(): EventHandlerListInfo {
    const entries: Entry[] = [];
    for (let entry = this.head; entry !== null; entry = entry.next) {
      if (!entry.dead && entry.priority !== TRACE_PRIORITY) entries.push(entry);
    }
    return {
      name: this.name,
      runcount: this.#depth + this.#waiting,
      deadcount: this.#deadcount,
      entries: entries.map(handlerInfo),
    };
  }

  /** @internal Puts a tracing entry before all others, or takes it away, as the registry's tracers ask. */
  retrace(): void {
    const wanted = this.#policy.tracers.filter((tracer) => tracer.invoked !== undefined);
    if (this.head?.priority === TRACE_PRIORITY) this.#kill(this.head);
    if (wanted.length === 0) return;
    const func = (...args: unknown[]): void => {
      for (const tracer of wanted) tracer.invoked?.(this.name, args);
    };
    this.insert(new Entry(func, false, undefined, TRACE_PRIORITY, 'trace', undefined));
    this.#length++;
  }

  #leave(): void {
    this.#depth--;
    if (this.#depth === 0 && this.#deadcount > 0) this.prune();
  }

  #bury(tag: EventHandlerTag | null): Entry[] {
    const entry = Tag.entryOf(tag, this);
    const entries = entry === null ? this.#all() : [entry];
    for (const each of entries) this.#kill(each);
    return entries;
  }

  #all(): Entry[] {
    const entries: Entry[] = [];
    for (let entry = this.head; entry !== null; entry = entry.next) {
      if (entry.priority !== TRACE_PRIORITY) entries.push(entry);
    }
    return entries;
  }

  #kill(entry: Entry): void {
    if (entry.dead) return;
    entry.dead = true;
    entry.unsubscribe?.();
    this.#leaks?.remove(entry);
    this.#length--;
    if (this.#depth === 0 && entry.parked === 0) this.unlink(entry);
    else {
      this.#graves.push(entry);
      this.#deadcount++;
    }
    if (entry.priority === TRACE_PRIORITY) return;
    for (const tracer of this.#policy.tracers) tracer.deregistered?.(this.name, handlerInfo(entry));
  }

  /** Keeps count of an async handler's call that nobody waits for here. */
  #track(entry: Entry, result: unknown): void {
    if (!isThenable(result)) return;
    const epoch = this.#epochs.enter();
    entry.inflight++;
    this.#warnSelfWait(entry);
    const ended = (): void => {
      entry.settled();
      this.#epochs.leave(epoch);
    };
    Promise.resolve(result).then(ended, (error: unknown) => {
      this.#fail(entry, error);
      ended();
    });
  }

  /** Waits for a handler's promise, off the stack, with the dispatch standing on the entry. */
  async #park(entry: Entry, result: PromiseLike<unknown>): Promise<void> {
    entry.inflight++;
    entry.parked++;
    this.#warnSelfWait(entry);
    this.#waiting++;
    this.#leave();
    try {
      await result;
    } finally {
      this.#depth++;
      this.#waiting--;
      entry.parked--;
      entry.settled();
    }
  }

  /** Dead, waited for, and alive when it was called: the wait began inside this very call. */
  #warnSelfWait(entry: Entry): void {
    if (!entry.dead || entry.waiters === null) return;
    this.#policy.warn(
      `${this.name}: handler ${entry.name} deregisters itself and its promise is still pending; ` +
        'if it awaits that, it waits for ever: use deregisterNowait inside a handler',
    );
  }

  #fail(entry: Entry, cause: unknown, ...args: unknown[]): void {
    entry.errors++;
    const veto = args.find((arg) => arg instanceof Veto);
    if (veto !== undefined) {
      veto.veto(`handler ${entry.name} of ${this.name} failed: ${describe(cause)}`);
      return;
    }
    const error = new EventHandlerError(this.name, entry.name, entry.priority, cause);
    try {
      (this.onError ?? this.#policy.onError)(error);
    } catch (thrown) {
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }

  #runaway(entry: Entry): RunawayError {
    return new RunawayError(this.name, entry.name, this.#policy.runawayLimit);
  }

  #watch(entry: Entry): void {
    this.#leaks ??= new LeakMonitor(this.name, this.#policy.leakThreshold, this.#policy.warn);
    this.#leaks.add(entry, this.#length);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
