import type { EventImports } from './imports.js';

/**
 * EVENTHANDLER_DECLARE(name, type): the event lists by name, each with the signature of its handlers. The owner
 * of a list adds it, from any package:
 *
 *     declare module 'carpet-kernel' {
 *       interface EventHandlers {
 *         pager_sent(to: string, text: string): void;
 *       }
 *     }
 *
 * The lists of carpet's own modules are declared under that name as well. TypeScript merges what is declared under one
 * name whatever the order of the files; of an interface extended under two names it may lose one of them.
 */
// biome-ignore lint/suspicious/noEmptyInterface: augmented by the owners of the lists
export interface EventHandlers {}

/** The name of a declared event. */
export type EventName = Extract<keyof EventHandlers, string>;

/** The name of a declared event, or of one that an import of carpet declares which the program lacks. */
export type AnyEventName = EventName | keyof EventImports;

/**
 * What a name must be besides: nothing where it is declared, else something that it cannot be, whose name says which
 * import declares it. The compiler shows it: `Argument of type '"carp_state_event"' is not assignable to parameter of type
 * '"carp_state_event" & MissingImport<"carpet-kernel/carp">'`.
 */
export type Declared<N extends AnyEventName> = Declarations[N];

/** Looked up and not decided by a condition, so that a function which is generic in the event's name has it decided too. */
type Declarations = { readonly [N in EventName]: unknown } & {
  readonly [N in Exclude<keyof EventImports, EventName>]: MissingImport<EventImports[N]>;
};

/** Import `From`: it declares the event. */
export interface MissingImport<From extends string> {
  readonly [DECLARED_BY]: From;
}

declare const DECLARED_BY: unique symbol;

/**
 * The arguments of an event. Taken out with `infer`, because checking time then grows linearly with the number of
 * declared events; an indexed conditional type is quadratic (13 s for 2,000 events).
 */
export type EventArgs<N extends AnyEventName> = [N] extends [EventName]
  ? EventHandlers[N] extends (...args: infer A) => unknown
    ? A
    : never
  : never[];

/**
 * What the handlers of an event may return: anything where it is declared with `void`; else what it is declared with, or
 * nothing, which is no answer.
 */
export type EventReturn<N extends AnyEventName> = [N] extends [EventName]
  ? EventHandlers[N] extends (...args: never[]) => infer R
    ? void extends R
      ? unknown
      : R | undefined | void
    : unknown
  : unknown;

/** What an event's handlers answer, where it is declared with something else than `void`. A promise stands for its value. */
export type EventAnswer<N extends EventName> = EventHandlers[N] extends (...args: never[]) => infer R
  ? void extends R
    ? never
    : Exclude<Awaited<R>, undefined>
  : never;

/** A handler may be async: `invokeAsync` waits for its promise, `invoke` only keeps track of it. */
export type Handler<A extends unknown[], R = unknown> = (...args: A) => R;

/** The C form of a handler: what was registered with it comes first. */
export type HandlerWithArg<T, A extends unknown[], R = unknown> = (arg: T, ...args: A) => R;
