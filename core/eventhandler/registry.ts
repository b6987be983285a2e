import { type Clock, SystemClock } from '../time/index.js';
import type { EventHandlerError } from './errors.js';
import type {
  AnyEventName,
  Declared,
  EventAnswer,
  EventArgs,
  EventName,
  EventReturn,
  Handler,
  HandlerWithArg,
} from './events.js';
import type { EventHandlerListInfo } from './info.js';
import type { ResultKind } from './inquiry.js';
import { EventHandlerList } from './list.js';
import { ListTable } from './list-table.js';
import type { Policy } from './policy.js';
import type { AnyRegistration, Argument, NotPriority, RegisterOptions } from './registration.js';
import {
  type Definer,
  type ResultList,
  ResultLists,
  type ResultOf,
  type ResultOptions,
} from './result-list.js';
import { AbortSubscriptions } from './signals.js';
import { type EventHandlerTag, Tag } from './tag.js';
import { callTracer, type EventHandlerTracer } from './trace.js';
import { EventWaits } from './waits.js';

/** Settings of a registry. All have defaults; a kernel passes its log and its clock. */
export interface EventHandlerRegistryOptions extends Partial<Omit<Policy, 'tracers' | 'signals'>> {}

type AnyList = EventHandlerList;

/**
 * The event handler lists of one kernel, by name. A list is created when it is first named by `register` or `defineList`
 * and lives as long as the registry, so that a list once obtained remains valid (S1, S2). There is no lock: one thread
 * runs everything, and a handler runs to its end, or to its next `await`.
 */
export class EventHandlerRegistry extends EventWaits {
  readonly #lists = new ListTable<AnyList>();
  readonly #results = new ResultLists();
  readonly #tracers: EventHandlerTracer[] = [];
  readonly #policy: Policy;

  constructor(options: EventHandlerRegistryOptions = {}) {
    super();
    this.#policy = {
      onError: options.onError ?? rethrow,
      warn: options.warn ?? ((message) => console.warn(message)),
      callout: options.callout ?? warningCallouts(),
      waitWarning: options.waitWarning ?? 10_000,
      runawayLimit: options.runawayLimit ?? 100_000,
      leakThreshold: options.leakThreshold ?? 4096,
      tracers: this.#tracers,
      signals: new AbortSubscriptions(),
    };
  }

  /**
   * Receives the errors of handlers whose list has no `onError`. The default rethrows in a microtask, so that an
   * unhandled failure ends the process, as a failing kernel handler would. A kernel logs and counts instead.
   */
  get onError(): (error: EventHandlerError) => void {
    return this.#policy.onError;
  }

  set onError(onError: (error: EventHandlerError) => void) {
    this.#policy.onError = onError;
  }

  /**
   * EVENTHANDLER_REGISTER: adds a handler, behind those of its own priority; creates the list if need be.
   * @param arg if given, the handler's first parameter, before the event's arguments
   * @param priority a whole number, 0 or more; smaller runs earlier. Default EVENTHANDLER_PRI_ANY
   * @throws CarpetError ERANGE for any other priority, EINVAL for a handler that is no function, or for a number in the
   *   place of `arg` without a priority after it
   */
  register<N extends EventName>(
    name: N,
    options: RegisterOptions<EventArgs<N>, undefined, EventReturn<N>>,
  ): EventHandlerTag;
  register<N extends EventName, T>(
    name: N,
    options: RegisterOptions<EventArgs<N>, T, EventReturn<N>>,
  ): EventHandlerTag;
  register<N extends EventName, T extends Argument>(
    name: N,
    func: HandlerWithArg<T, EventArgs<N>, EventReturn<N>>,
    arg: T,
    priority: number | undefined,
  ): EventHandlerTag;
  register<N extends EventName, T extends NotPriority>(
    name: N,
    func: HandlerWithArg<T, EventArgs<N>, EventReturn<N>>,
    arg: T,
  ): EventHandlerTag;
  // The commonest form last: of a call that fits none, the compiler explains what the last one lacks.
  register<N extends AnyEventName>(
    name: N & Declared<N>,
    func: Handler<EventArgs<N>, EventReturn<N>>,
    arg?: undefined,
    priority?: number,
  ): EventHandlerTag;
  register(name: string, first: unknown, arg?: unknown, priority?: number): EventHandlerTag {
    return this.#findOrCreate(name).register(first as Handler<unknown[]>, arg as undefined, priority);
  }

  /** @internal `register` for those that have the parts and not the types: the loader and a module's scope. */
  enter(name: string, registration: AnyRegistration): EventHandlerTag {
    return this.#findOrCreate(name).register(registration as RegisterOptions<unknown[]>);
  }

  /**
   * EVENTHANDLER_DEREGISTER: removes the handler, at once, and resolves when its running calls have ended. `null`
   * removes all handlers of the list. Inside the handler itself use `deregisterNowait`: awaiting this there waits
   * for ever, and is warned about.
   * @param options.signal gives up the wait, not the removal
   * @throws CarpetError EINVAL, as a rejection, for anything that is neither null nor a tag of this list
   */
  deregister(
    name: EventName,
    tag: EventHandlerTag | null,
    options?: { signal?: AbortSignal },
  ): Promise<void> {
    const list = this.#lists.get(name);
    if (list !== undefined) return list.deregister(tag, options);
    return tag === null ? Promise.resolve() : Promise.reject(Tag.refusal(tag, name));
  }

  /** EVENTHANDLER_DEREGISTER_NOWAIT: removes the handler, at once; its running calls may go on. `null` removes all. */
  deregisterNowait(name: EventName, tag: EventHandlerTag | null): void {
    const list = this.#lists.get(name);
    if (list !== undefined) list.deregisterNowait(tag);
    else if (tag !== null) throw Tag.refusal(tag, name);
  }

  /** EVENTHANDLER_INVOKE: calls every handler in order. Async ones are started and not waited for. */
  invoke<N extends AnyEventName>(name: N & Declared<N>, ...args: EventArgs<N>): void {
    const list = this.#lists.get(name);
    if (list !== undefined) list.invoke(...args);
  }

  /** Calls every handler in order, and waits for each before it calls the next. */
  async invokeAsync<N extends AnyEventName>(name: N & Declared<N>, ...args: EventArgs<N>): Promise<void> {
    await this.#lists.get(name)?.invokeAsync(...args);
  }

  /**
   * As `invokeAsync`, until the signal aborts: a call that is in progress then goes on and is no longer waited for, and
   * handlers behind it are not called.
   * @throws the signal's reason, as a rejection, if it aborts before the last handler has ended
   */
  async invokeUntil<N extends AnyEventName>(
    signal: AbortSignal,
    name: N & Declared<N>,
    ...args: EventArgs<N>
  ): Promise<void> {
    signal.throwIfAborted();
    await this.#lists.get(name)?.invokeUntil(signal, ...args);
  }

  /**
   * EVENTHANDLER_LIST_DEFINE: the list, created if need be, to invoke it without a look-up.
   * @param options for a list with a result: its event is declared with what a handler answers. It has that result as long
   *   as the registry lives; a module says `scope.defineList`, and then it ends with the module
   * @throws CarpetError EEXIST when the list is defined with another result
   */
  defineList<N extends AnyEventName>(name: N & Declared<N>): EventHandlerList<EventArgs<N>, EventReturn<N>>;
  defineList<N extends EventName, K extends ResultKind>(
    name: N,
    options: [EventAnswer<N>] extends [never] ? never : ResultOptions<K>,
  ): ResultList<EventArgs<N>, ResultOf<K, EventAnswer<N>, EventArgs<N>[0]>>;
  defineList(name: string, options?: ResultOptions): unknown {
    const list = this.#findOrCreate(name);
    return options === undefined ? list : this.defineResult(list, options);
  }

  /** eventhandler_find_list: the list, if it was registered on or defined. */
  findList<N extends AnyEventName>(
    name: N & Declared<N>,
  ): EventHandlerList<EventArgs<N>, EventReturn<N>> | undefined {
    return this.#lists.get(name) as unknown as EventHandlerList<EventArgs<N>, EventReturn<N>> | undefined;
  }

  /** Every list with its handlers, sorted by name. */
  lists(): EventHandlerListInfo[] {
    return [...this.#lists.values()]
      .map((list) => list.info())
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Calls the tracer's methods until it is disposed of. Without a tracer, tracing costs nothing. */
  trace(tracer: EventHandlerTracer): Disposable {
    this.#tracers.push(tracer);
    for (const list of this.#lists.values()) list.retrace();
    return {
      [Symbol.dispose]: () => {
        const index = this.#tracers.indexOf(tracer);
        if (index >= 0) this.#tracers.splice(index, 1);
        for (const list of this.#lists.values()) list.retrace();
      },
    };
  }

  protected override enterWait(name: string, registration: AnyRegistration): EventHandlerTag {
    return this.enter(name, registration);
  }

  /** @internal `defineList` of a list with a result, until {@link undefineList}. */
  defineListBy(by: Definer, name: string, options: ResultOptions): ResultList {
    return this.defineResult(this.#findOrCreate(name), options, by);
  }

  /** @internal The list can have another result then. */
  undefineList(name: string, by: Definer): void {
    this.#results.undefine(name, by);
  }

  /** @internal Makes a list; the lists of a kernel in another address space pass on what is invoked. */
  protected makeList(name: string, policy: Policy): AnyList {
    return new EventHandlerList(name, policy);
  }

  /** @internal Gives a list a result; a kernel in another address space refuses to. */
  protected defineResult(list: AnyList, options: ResultOptions, by?: Definer): ResultList {
    return this.#results.define(list, options, by);
  }

  #findOrCreate(name: string): AnyList {
    let list = this.#lists.get(name);
    if (list === undefined) {
      list = this.makeList(name, this.#policy);
      this.#lists.add(list);
      for (const tracer of this.#tracers) {
        callTracer(tracer, (each) => each.created?.(name), this.#policy.warn);
      }
      list.retrace();
    }
    return list;
  }
}

function rethrow(error: EventHandlerError): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** The default for a registry without a kernel: the machine's clock, created at the first wait. */
function warningCallouts(): Policy['callout'] {
  let clock: Clock | undefined;
  return (name, fn) => {
    clock ??= new SystemClock();
    return clock.callout(name, fn);
  };
}
