import { CarpetError } from '../errors.js';
import type { AnyEventName, Declared, EventArgs, EventName, EventReturn } from './events.js';
import { checkPriority, EVENTHANDLER_PRI_ANY } from './priority.js';

/** How a method handles an event; see {@link RegisterOptions}. */
export interface EventHandlerOptions {
  /** Default EVENTHANDLER_PRI_ANY. */
  readonly priority?: number;
  readonly serial?: boolean;
  readonly timeout?: number;
}

/** What `@EventHandler` noted about a method. */
export interface EventHandlerMethod extends EventHandlerOptions {
  readonly name: EventName;
  readonly key: string | symbol;
  readonly priority: number;
}

const METHODS = Symbol('carpet.eventhandlers');

interface Decorated {
  [METHODS]?: EventHandlerMethod[];
}

/**
 * EVENTHANDLER_DEFINE: the method handles the event, from the time its module is loaded until it is unloaded. It is
 * called on the module's instance, with the event's arguments. Several may stand on one method.
 *
 * @param how its priority, or its options
 */
export function EventHandler<N extends AnyEventName>(
  name: N & Declared<N>,
  how: number | EventHandlerOptions = {},
) {
  const options = typeof how === 'object' ? how : { priority: how };
  const priority = checkPriority(name, options.priority ?? EVENTHANDLER_PRI_ANY);
  return <T extends (...args: EventArgs<N>) => EventReturn<N>>(
    prototype: object,
    key: string | symbol,
    _descriptor: TypedPropertyDescriptor<T>,
  ): void => {
    if (typeof key === 'object') {
      throw new CarpetError(
        'EINVAL',
        `@EventHandler('${String(name)}') is TypeScript's own kind of decorator: set "experimentalDecorators": true in tsconfig.json`,
      );
    }
    if (typeof prototype === 'function') {
      throw new CarpetError('EINVAL', `@EventHandler('${String(name)}') ${String(key)} must not be static`);
    }
    const cls = prototype.constructor as Decorated;
    // Own, not inherited: a subclass must not write into the array of its base class.
    if (!Object.hasOwn(cls, METHODS)) {
      Object.defineProperty(cls, METHODS, { value: [] satisfies EventHandlerMethod[] });
    }
    // In a program in which not all events are declared, AnyEventName is wider; Declared has refused what is not.
    // oxlint-disable-next-line typescript/no-unnecessary-type-assertion
    const declared = name as EventName;
    cls[METHODS]?.push({ name: declared, key, ...options, priority });
  };
}

/**
 * The handlers of a class and of the classes it extends, those of the base first. A method that a subclass decorates
 * again for the same event counts once, with the subclass's priority.
 */
export function eventHandlersOf(cls: abstract new (...args: never[]) => unknown): EventHandlerMethod[] {
  const found = new Map<string | symbol, Map<string, EventHandlerMethod>>();
  for (const each of lineage(cls)) {
    // A class without handlers of its own has those of its base once more: they are the same.
    for (const method of (each as Decorated)[METHODS] ?? []) {
      const events = found.get(method.key) ?? new Map<string, EventHandlerMethod>();
      events.set(method.name, method);
      found.set(method.key, events);
    }
  }
  return [...found.values()].flatMap((events) => [...events.values()]);
}

function lineage(cls: object): object[] {
  const classes: object[] = [];
  for (let each: object | null = cls; typeof each === 'function'; each = Object.getPrototypeOf(each)) {
    classes.unshift(each);
  }
  return classes;
}
