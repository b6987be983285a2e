import { serially, within } from './discipline.js';
import { DEAD, Entry, FRESH } from './entry.js';
import { EntryList } from './entry-list.js';
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
import { type EventHandlerTag, Tag } from './tag.js';
import { callTracer, type EventHandlerTracer, TRACE_PRIORITY, tracerFailure } from './trace.js';
import { waitFor } from './wait.js';
import { unwatchCalls, wantsCalls, watchCalls } from './watched-calls.js';

/** The handlers of a list: how they come and go, and what can be seen of them. */
export class HandlerList<A extends unknown[], R> extends EntryList {
  protected readonly policy: Policy;
  #leaks: LeakMonitor | null = null;
  #trace: Entry | null = null;

  /** @internal Lists are made by their registry: `defineList`. */
  constructor(name: string, policy: Policy) {
    super(name);
    this.policy = policy;
  }

  /**
   * Adds a handler, behind those of its own priority.
   * @param arg if given, the handler's first parameter, before the event's arguments
   * @param priority a whole number, 0 or more; smaller runs earlier
   * @throws CarpetError ERANGE for any other priority, EINVAL for a handler that is no function, or for a number in the
   *   place of `arg` without a priority after it
   */
  register(options: RegisterOptions<A, undefined, R>): EventHandlerTag;
  register<T>(options: RegisterOptions<A, T, R>): EventHandlerTag;
  register<T extends Argument>(
    func: HandlerWithArg<T, A, R>,
    arg: T,
    priority: number | undefined,
  ): EventHandlerTag;
  register<T extends NotPriority>(func: HandlerWithArg<T, A, R>, arg: T): EventHandlerTag;
  register(func: Handler<A, R>, arg?: undefined, priority?: number): EventHandlerTag;
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
    const entries = tag === null ? this.live() : [Tag.entryOf(tag, this)];
    const running = entries.filter((entry) => {
      this.#kill(entry);
      return entry.inflight > 0 || entry.state === DEAD;
    });
    if (running.length === 0) return Promise.resolve();
    return waitFor(this.name, running, this.policy, options?.signal);
  }

  /** Removes the handler, at once, and does not wait: its running calls may go on. `null` removes all. */
  deregisterNowait(tag: EventHandlerTag | null): void {
    if (tag !== null) this.#kill(Tag.entryOf(tag, this));
    else for (const entry of this.live()) this.#kill(entry);
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
      entries: this.live().map((entry) => this.#infoOf(entry)),
    };
  }

  /** @internal Puts a tracing entry before all others, or takes it away, and follows calls, as the tracers ask. */
  retrace(): void {
    const follow = wantsCalls(this.policy);
    for (const entry of this.live()) {
      if (follow) watchCalls(this.name, entry, this.policy);
      else unwatchCalls(entry);
    }
    const wanted = this.policy.tracers.filter((tracer) => tracer.invoked !== undefined);
    if (this.#trace !== null) this.bury(this.#trace);
    this.#trace = null;
    if (wanted.length === 0) return;
    const func = (...args: unknown[]): void => {
      for (const tracer of wanted) {
        // An error of its own would pass for that of a handler, and refuse what the event asks.
        try {
          tracer.invoked?.(this.name, args);
        } catch (error) {
          this.policy.warn(tracerFailure(error));
        }
      }
    };
    this.#trace = new Entry(func, func, TRACE_PRIORITY, { name: 'trace' });
    this.link(this.#trace, Number.POSITIVE_INFINITY);
  }

  #registerOptions(registration: AnyRegistration): EventHandlerTag {
    const entry = makeEntry(this.name, registration);
    const { signal, serial, timeout } = registration;
    if (timeout !== undefined) entry.func = within(timeout, entry.func, entry.name, this.policy.callout);
    if (serial) entry.func = serially(entry.func);
    this.#enter(entry);
    if (signal !== undefined) {
      const unsubscribe = this.policy.signals.subscribe(signal, () => this.#kill(entry));
      entry.details = { ...entry.details, unsubscribe };
    }
    return new Tag(this, entry);
  }

  #enter(entry: Entry): void {
    const { runawayLimit, leakThreshold, tracers } = this.policy;
    this.link(entry, runawayLimit);
    if (this.count * 2 > leakThreshold) this.#watch(entry);
    if (tracers.length === 0) return;
    if (wantsCalls(this.policy)) watchCalls(this.name, entry, this.policy);
    this.#tell((tracer) => tracer.registered?.(this.name, this.#infoOf(entry)));
  }

  #kill(entry: Entry): void {
    if (!this.bury(entry)) return;
    if (entry.details !== null) {
      entry.details.unsubscribe?.();
      entry.details.removed?.();
      this.#leaks?.remove(entry);
    }
    if (this.policy.tracers.length === 0) return;
    this.#tell((tracer) => tracer.deregistered?.(this.name, this.#infoOf(entry)));
  }

  /** A tracer that throws must not keep `register` from returning its tag. */
  #tell(call: (tracer: EventHandlerTracer) => void): void {
    for (const tracer of this.policy.tracers) callTracer(tracer, call, this.policy.warn);
  }

  /** The live entries, without the tracing one. */
  protected live(): Entry[] {
    const entries: Entry[] = [];
    for (let entry = this.head; entry !== null; entry = entry.next) {
      if (entry.state <= FRESH && entry.priority !== TRACE_PRIORITY) entries.push(entry);
    }
    return entries;
  }

  #infoOf(entry: Entry): EventHandlerInfo {
    return handlerInfo(entry, this.callsOf(entry));
  }

  #watch(entry: Entry): void {
    this.#leaks ??= new LeakMonitor(this.name, this.policy.leakThreshold, this.policy.warn);
    this.#leaks.add(entry, this.count);
  }
}
