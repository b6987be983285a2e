import type {
  AnyEventName,
  Declared,
  EventAnswer,
  EventArgs,
  EventHandlerList,
  EventHandlerRegistry,
  EventHandlerTag,
  EventName,
  EventReturn,
  Handler,
  HandlerWithArg,
  RegisterOptions,
  ResultKind,
  ResultList,
  ResultOf,
  ResultOptions,
} from '../eventhandler/index.js';
import {
  type AnyRegistration,
  type Argument,
  asRegistration,
  type NotPriority,
} from '../eventhandler/registration.js';
import { ScopeTime } from './scope-time.js';

/** What a module does with event lists, for as long as its scope is open. */
export abstract class ScopeEvents extends ScopeTime {
  /** As the registry's `register`; the tag dies with the scope and is listed under the module's name. */
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
  register(event: string, first: unknown, arg?: unknown, priority?: number): EventHandlerTag {
    return this.attach(event, asRegistration(event, first, arg, priority));
  }

  /**
   * As the registry's `defineList`. A list with a result has that result until the scope closes: after that, or in the next
   * version of the module, it can be defined with another one.
   * @throws CarpetError EEXIST when another module has defined it with another result
   */
  defineList<N extends AnyEventName>(name: N & Declared<N>): EventHandlerList<EventArgs<N>, EventReturn<N>>;
  defineList<N extends EventName, K extends ResultKind>(
    name: N,
    options: [EventAnswer<N>] extends [never] ? never : ResultOptions<K>,
  ): ResultList<EventArgs<N>, ResultOf<K, EventAnswer<N>, EventArgs<N>[0]>>;
  defineList(event: string, options?: ResultOptions): unknown {
    const { lists } = this;
    return options === undefined ? lists.defineList(event as EventName) : this.defineResult(event, options);
  }

  /** @internal The kernel's. */
  protected abstract get lists(): EventHandlerRegistry;

  /** @internal `register` without the types, for the loader. */
  abstract attach(event: string, registration: AnyRegistration): EventHandlerTag;

  /** @internal `defineList` of a list with a result. */
  protected abstract defineResult(event: string, options: ResultOptions): ResultList;
}
