/**
 * @module
 * Dispatch and removal in one event handler list.
 *
 * The list holds its entries in the order of priority, oldest first among equals. A dispatch walks them and calls each:
 * - handlers may register, deregister and invoke, this list too; a nested dispatch runs to its end first (S7);
 * - what is added behind the running handler is called in the same dispatch (S8), before it is not;
 * - a handler that is deregistered is never called again, not even by a dispatch in progress (S10);
 * - the error of a handler that throws, or whose promise rejects, is reported, and the dispatch goes on.
 *
 * `depth` counts the dispatches on the stack. While there are any, dead entries stay linked so that each dispatch finds
 * its way on; an invokeAsync that waits for a promise is off the stack and holds only the entry it waits at, so
 * overlapping async dispatches do not keep the dead for ever, as they do in C (S16).
 *
 * Two invokeAsync of one list interleave at their awaits: an async handler must be re-entrant (S28).
 */
import { describe } from '../errors.js';
import { isThenable } from '../thenable.js';
import { serially, within } from './discipline.js';
import { ALIVE, DEAD, Entry, type Flight, FRESH } from './entry.js';
import { EntryList } from './entry-list.js';
import { Epochs } from './epoch.js';
import { EventHandlerError, isStackOverflow, RunawayError } from './errors.js';
import type { Handler, HandlerWithArg } from './events.js';
import { type EventHandlerInfo, type EventHandlerListInfo, handlerInfo } from './info.js';
import { LeakMonitor } from './leak.js';
import type { Policy } from './policy.js';
import {
  type AnyRegistration,
  type Argument,
  assertNoPriority,
  makeEntry,
  type NotPriority,
  newEntry,
  type RegisterOptions,
} from './registration.js';
import { callAwaited, type RemoteHandling } from './remote.js';
import { type EventHandlerTag, Tag } from './tag.js';
import { callTracer, type EventHandlerTracer, TRACE_PRIORITY } from './trace.js';
import { vetoOf } from './veto.js';
import { waitFor, watched } from './wait.js';
import { unwatchCalls, wantsCalls, watchCalls } from './watched-calls.js';

/** How deep dispatches of one list may nest. */
const MAX_DEPTH = 1000;
/** A list that is nested at least this deep when the stack overflows is what has filled it. */
const DEEP = 50;

/**
 * One event handler list, `struct eventhandler_list` of EVENTHANDLER(9): handlers in the order of their priorities, and
 * the dispatches under way. Made by {@link EventHandlerRegistry.defineList}.
 */
export class EventHandlerList<A extends unknown[] = unknown[]> extends EntryList {
  /** Receives the errors of this list's handlers instead of the registry's `onError`. */
  onError: ((error: EventHandlerError) => void) | undefined = undefined;
  /** What happens when a handler in another address space does not keep up, or does not answer. */
  readonly remote: RemoteHandling = { overflow: 'oldest', unanswered: 'refuse' };
  /** @internal While a handler is being called: whether what it returns is waited for. */
  awaiting = false;

  readonly #policy: Policy;
  readonly #epochs = new Epochs();
  #leaks: LeakMonitor | null = null;
  #trace: Entry | null = null;

  /** @internal Lists are made by their registry: `defineList`. */
  constructor(name: string, policy: Policy) {
    super(name);
    this.#policy = policy;
  }

  /** EVENTHANDLER_DIRECT_INVOKE: calls every handler, without a look-up. Does not wait for the async ones. */
  invoke(...args: A): void {
    let entry = this.head;
    if (entry === null) return;
    if (++this.started - this.ended > MAX_DEPTH) this.#tooDeep();
    // The first handler, which is all that most lists have, is called from a place of its own: a processor that has to
    // guess where a call goes next tells two places apart better than one. With sixteen that saves a quarter of the time.
    try {
      this.#call(entry, ...args);
      for (entry = entry.next; entry !== null; entry = entry.next) this.#call(entry, ...args);
    } catch (error) {
      // Runaway, or no room on the stack: none for a call of `leave` either.
      this.ended++;
      if (this.dirty && this.ended === this.started) this.settle();
      throw error;
    }
    this.leave();
  }

  /**
   * Calls every handler, and waits for the promise of each before it calls the next: priority order is then the order
   * of completion. Handlers that throw or reject are reported as by `invoke`; the promise does not reject for them.
   */
  invokeAsync(...args: A): Promise<void> {
    return this.#dispatchAsync(args);
  }

  /** @internal As `invoke`, the handlers of one priority alone: the others are called from another address space. */
  invokeAt(priority: number, ...args: A): void {
    this.enter();
    try {
      for (let entry = this.head; entry !== null; entry = entry.next) {
        if (entry.priority !== priority) continue;
        if (entry.state === ALIVE) entry.calls++;
        this.#call(entry, ...args);
      }
    } finally {
      this.leave();
    }
  }

  /** @internal As `invokeAsync`, the handlers of one priority alone. */
  invokeAsyncAt(priority: number, ...args: A): Promise<void> {
    return this.#dispatchAsync(args, priority);
  }

  async #dispatchAsync(args: A, priority?: number): Promise<void> {
    let entry = this.head;
    if (entry === null) return;
    const epoch = this.#epochs.enter();
    this.enter();
    try {
      if (this.depth > MAX_DEPTH) throw this.#recursion(MAX_DEPTH);
      let budget = this.count + this.#policy.runawayLimit;
      for (; entry !== null; entry = entry.next) {
        if (entry.state > FRESH || (priority !== undefined && entry.priority !== priority)) continue;
        entry.calls++;
        if (budget-- === 0) {
          throw RunawayError.registrations(this.name, entry.name, this.#policy.runawayLimit);
        }
        try {
          const result = callAwaited(this, entry.func, args);
          if (isThenable(result)) await this.#park(entry, result);
        } catch (error) {
          const runaway = this.#runaway(error);
          if (runaway !== undefined) throw runaway;
          this.#fail(entry, error, args);
        }
      }
    } finally {
      this.leave();
      this.#epochs.leave(epoch);
    }
  }

  /**
   * Adds a handler, behind those of its own priority.
   * @param arg if given, the handler's first parameter, before the event's arguments
   * @param priority a whole number, 0 or more; smaller runs earlier
   * @throws CarpetError ERANGE for any other priority, EINVAL for a handler that is no function, or for a number in the
   *   place of `arg` without a priority after it
   */
  register(options: RegisterOptions<A>): EventHandlerTag;
  register<T>(options: RegisterOptions<A, T>): EventHandlerTag;
  register<T extends Argument>(
    func: HandlerWithArg<T, A>,
    arg: T,
    priority: number | undefined,
  ): EventHandlerTag;
  register<T extends NotPriority>(func: HandlerWithArg<T, A>, arg: T): EventHandlerTag;
  register(func: Handler<A>, arg?: undefined, priority?: number): EventHandlerTag;
  register(first: unknown, arg?: unknown, priority?: number): EventHandlerTag {
    if (typeof first === 'object' && first !== null) return this.#registerOptions(first as AnyRegistration);
    if (arg !== undefined) assertNoPriority(this.name, arg, priority);
    const entry = newEntry(this.name, first, arg, priority);
    this.#enter(entry);
    return new Tag(this, entry);
  }

  /**
   * Removes the handler, at once, and resolves when its running calls have ended. `null` removes all.
   * A handler that awaits its own removal waits for ever (that is warned about): inside it use `deregisterNowait`.
   * @param options.signal gives up the wait, not the removal
   * @throws CarpetError EINVAL, as a rejection, for anything that is neither null nor a tag of this list
   */
  deregister(tag: EventHandlerTag | null, options?: { signal?: AbortSignal }): Promise<void> {
    if (tag !== null && !Tag.isOf(tag, this)) return Promise.reject(Tag.refusal(tag, this.name));
    const entries = tag === null ? this.#all() : [Tag.entryOf(tag, this)];
    const running = entries.filter((entry) => {
      this.#kill(entry);
      return entry.inflight > 0 || entry.state === DEAD;
    });
    if (running.length === 0) return Promise.resolve();
    return waitFor(this.name, running, this.#policy, options?.signal);
  }

  /** Removes the handler, at once, and does not wait: its running calls may go on. `null` removes all. */
  deregisterNowait(tag: EventHandlerTag | null): void {
    if (tag !== null) this.#kill(Tag.entryOf(tag, this));
    else for (const entry of this.#all()) this.#kill(entry);
  }

  /**
   * Resolves when every call that is in progress now has ended. Later ones are not waited for. Not for handlers of
   * this list to await: they would wait for themselves, and be warned about.
   */
  async drain(): Promise<void> {
    // One step later the stack has unwound, and the promises of the handlers that were on it are known.
    await Promise.resolve();
    const running = this.#all().filter((entry) => entry.inflight > 0);
    const names = running.map((entry) => entry.name).join(', ');
    await watched(`${this.name}: drain`, names || 'removed handlers', this.#policy, this.#epochs.close());
  }

  /** Live handlers. */
  get length(): number {
    return this.count - (this.#trace === null ? 0 : 1);
  }

  info(): EventHandlerListInfo {
    return {
      name: this.name,
      runcount: this.depth + this.waiting,
      deadcount: this.graves.length,
      entries: this.#all().map((entry) => this.#infoOf(entry)),
    };
  }

  /** @internal Puts a tracing entry before all others, or takes it away, and follows calls, as the tracers ask. */
  retrace(): void {
    const follow = wantsCalls(this.#policy);
    for (const entry of this.#all()) {
      if (follow) watchCalls(this.name, entry, this.#policy);
      else unwatchCalls(entry);
    }
    const wanted = this.#policy.tracers.filter((tracer) => tracer.invoked !== undefined);
    if (this.#trace !== null) this.bury(this.#trace);
    this.#trace = null;
    if (wanted.length === 0) return;
    const func = (...args: unknown[]): void => {
      for (const tracer of wanted) tracer.invoked?.(this.name, args);
    };
    this.#trace = new Entry(func, func, TRACE_PRIORITY, { name: 'trace' });
    this.link(this.#trace, Number.POSITIVE_INFINITY);
  }

  /**
   * One handler's turn in a plain dispatch. Every handler in the house is called from here. What looks free was measured
   * to be: the rest parameter, the try around each call, the look at the result. Counting calls in each entry was not
   * (see Entry.calls).
   */
  #call(entry: Entry, ...args: A): void {
    if (entry.state !== ALIVE) {
      if (entry.state !== FRESH) return;
      entry.calls++;
    }
    try {
      const { func } = entry;
      const result = func(...args);
      if (result !== undefined) this.#track(entry, result, args);
    } catch (error) {
      const runaway = this.#runaway(error);
      if (runaway !== undefined) throw runaway;
      this.#fail(entry, error, args);
    }
  }

  /** Out of line, so that `invoke` stays small. Ends the dispatch that has just begun. */
  #tooDeep(): never {
    const error = this.#recursion(MAX_DEPTH);
    this.leave();
    throw error;
  }

  #recursion(depth: number): RunawayError {
    return RunawayError.recursion(this.name, depth, () => this.depth > 0);
  }

  #registerOptions(registration: AnyRegistration): EventHandlerTag {
    const entry = makeEntry(this.name, registration);
    const { signal, serial, timeout } = registration;
    if (timeout !== undefined) entry.func = within(timeout, entry.func, entry.name, this.#policy.callout);
    if (serial) entry.func = serially(entry.func);
    this.#enter(entry);
    if (signal !== undefined) {
      const unsubscribe = this.#policy.signals.subscribe(signal, () => this.#kill(entry));
      entry.details = { ...entry.details, unsubscribe };
    }
    return new Tag(this, entry);
  }

  #enter(entry: Entry): void {
    const { runawayLimit, leakThreshold, tracers } = this.#policy;
    this.link(entry, runawayLimit);
    if (this.count * 2 > leakThreshold) this.#watch(entry);
    if (tracers.length === 0) return;
    if (wantsCalls(this.#policy)) watchCalls(this.name, entry, this.#policy);
    this.#tell((tracer) => tracer.registered?.(this.name, this.#infoOf(entry)));
  }

  #kill(entry: Entry): void {
    if (!this.bury(entry)) return;
    if (entry.details !== null) {
      entry.details.unsubscribe?.();
      entry.details.removed?.();
      this.#leaks?.remove(entry);
    }
    if (this.#policy.tracers.length === 0) return;
    this.#tell((tracer) => tracer.deregistered?.(this.name, this.#infoOf(entry)));
  }

  /** A tracer that throws must not keep `register` from returning its tag. */
  #tell(call: (tracer: EventHandlerTracer) => void): void {
    for (const tracer of this.#policy.tracers) callTracer(tracer, call, this.#policy.warn);
  }

  /** The live entries, without the tracing one. */
  #all(): Entry[] {
    const entries: Entry[] = [];
    for (let entry = this.head; entry !== null; entry = entry.next) {
      if (entry.state <= FRESH && entry.priority !== TRACE_PRIORITY) entries.push(entry);
    }
    return entries;
  }

  #infoOf(entry: Entry): EventHandlerInfo {
    return handlerInfo(entry, this.callsOf(entry));
  }

  /** Keeps count of an async handler's call, which a plain dispatch does not wait for. */
  #track(entry: Entry, result: unknown, args: readonly unknown[]): void {
    if (!isThenable(result)) return;
    // The caller reads the answer when `invoke` returns. A promise has none by then, so it counts as busy.
    vetoOf(args)?.veto(`handler ${entry.name} of ${this.name} is async and cannot answer at once`);
    const epoch = this.#epochs.enter();
    const flight = entry.takeOff();
    this.#warnSelfWait(entry, flight);
    const ended = (): void => {
      flight.settled();
      this.#epochs.leave(epoch);
    };
    Promise.resolve(result).then(ended, (error: unknown) => {
      this.#fail(entry, error);
      ended();
    });
  }

  /** Waits for a handler's promise, off the stack, with the dispatch standing on the entry. */
  async #park(entry: Entry, result: PromiseLike<unknown>): Promise<void> {
    const flight = entry.takeOff();
    flight.parked++;
    this.#warnSelfWait(entry, flight);
    this.waiting++;
    this.leave();
    try {
      await result;
    } finally {
      this.enter();
      this.waiting--;
      flight.parked--;
      flight.settled();
    }
  }

  /** Dead, waited for, and alive when it was called: the wait began inside this very call. */
  #warnSelfWait(entry: Entry, flight: Flight): void {
    if (entry.state <= FRESH || flight.waiters.length === 0) return;
    this.#policy.warn(
      `${this.name}: handler ${entry.name} deregisters itself and its promise is still pending; ` +
        'if it awaits that, it waits for ever: use deregisterNowait inside a handler',
    );
  }

  /**
   * What ends this list's dispatch, if the error does: a runaway of its own, or one that is on its way through to the
   * outermost dispatch of another list; and the end of the stack, where this list's recursion is what filled it.
   */
  #runaway(error: unknown): RunawayError | undefined {
    if (error instanceof RunawayError) return error.passes(this.name) ? error : undefined;
    return this.depth > DEEP && isStackOverflow(error) ? this.#recursion(this.depth) : undefined;
  }

  /** In an event that asks, an error is a refusal besides: what cannot say whether it is busy counts as busy. */
  #fail(entry: Entry, cause: unknown, args: readonly unknown[] = []): void {
    entry.errors++;
    vetoOf(args)?.veto(`handler ${entry.name} of ${this.name} failed: ${describe(cause)}`);
    const { name: handler, priority, details } = entry;
    const error = new EventHandlerError(this.name, { handler, priority, owner: details?.owner }, cause);
    try {
      (this.onError ?? this.#policy.onError)(error);
    } catch (thrown) {
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }

  #watch(entry: Entry): void {
    this.#leaks ??= new LeakMonitor(this.name, this.#policy.leakThreshold, this.#policy.warn);
    this.#leaks.add(entry, this.count);
  }
}
