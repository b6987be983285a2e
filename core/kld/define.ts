import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type Class, type InjectionToken, inject } from '../di.js';
import { CarpetError } from '../errors.js';
import type {
  EventArgs,
  EventImports,
  EventName,
  EventReturn,
  MissingImport,
} from '../eventhandler/index.js';
import { Log } from '../log/index.js';
import { Clock } from '../time/index.js';
import {
  isModuleClass,
  Module,
  type ModuleClass,
  type ModuleDefinition,
  type ModuleLifecycle,
} from './module.js';
import { Optional } from './optional.js';
import { Scope } from './scope.js';
import { SETTINGS } from './tokens.js';

/** What `inject` of {@link defineModule} names: a class, one of the tokens that `carpet-kernel` exports, or an optional module. */
export type Injectable = Class | InjectionToken | Optional<Class>;

type Injected<I> = {
  readonly [K in keyof I]: I[K] extends Optional<Class<infer T>>
    ? T | undefined
    : I[K] extends Class<infer T>
      ? T
      : I[K] extends InjectionToken<infer T>
        ? T
        : never;
};

type SettingsOf<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<S> : Record<string, never>;
type InputOf<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferInput<S> : undefined;

/** What every function of a defined module gets first, beside what it injects. */
export interface BaseContext<S, T> {
  readonly scope: Scope;
  readonly log: Log;
  readonly clock: Clock;
  /** Checked, with the schema's defaults. */
  readonly settings: SettingsOf<S>;
  /** What `state` has made. */
  readonly state: T;
}

/** What every function of a defined module gets first. */
export type ModuleContext<S, I, T> = BaseContext<S, T> & Injected<I>;

/** A handler of `on`: the function, or with its options. */
type OnEvent<C, N extends EventName> = OnCall<C, N> | OnOptions<C, N>;

type OnCall<C, N extends EventName> = (context: C, ...args: EventArgs<N>) => EventReturn<N>;

/** Events whose import is missing: the compiler says which. */
type Undeclared = {
  readonly [N in Exclude<keyof EventImports, EventName>]?: MissingImport<EventImports[N]>;
};

interface OnOptions<C, N extends EventName> {
  readonly handler: OnCall<C, N>;
  /** Default EVENTHANDLER_PRI_ANY. */
  readonly priority?: number;
  readonly serial?: boolean;
  readonly timeout?: number;
}

/** The methods of {@link ModuleLifecycle}, with the context before their parameters. */
type Lifecycle<C> = {
  readonly [K in keyof ModuleLifecycle]?: NonNullable<ModuleLifecycle[K]> extends (
    ...args: infer A
  ) => infer R
    ? (context: C, ...args: A) => R
    : never;
};

/** What a module offers, each with the context before its parameters. */
type Offers<C> = Readonly<Record<string, (context: C, ...args: never[]) => unknown>>;

/** The methods of the instance: what is offered, without the context. */
type Offered<O> = {
  readonly [K in keyof O]: O[K] extends (context: never, ...args: infer A) => infer R
    ? (...args: A) => R
    : never;
};

/** What {@link defineModule} takes. */
export interface ModuleParts<S, I, T, O = unknown>
  extends Omit<ModuleDefinition, 'settings' | 'offers'>,
    Lifecycle<ModuleContext<S, I, T>> {
  /** Describes the settings: any Standard Schema. */
  readonly settings?: S;
  /** What the module uses, by the names under which its context has them. A module among it is depended on. */
  readonly inject?: I;
  /** Makes what the module keeps; called when it is built, before `start`. */
  readonly state?: (context: Omit<ModuleContext<S, I, never>, 'state'>) => T;
  /** Its handlers, registered after `start`. */
  readonly on?: { readonly [N in EventName]?: OnEvent<ModuleContext<S, I, T>, N> } & Undeclared;
  /**
   * Methods of the instance, for the modules that inject this one: in its own address space, and in others, where arguments
   * and results cross by value and every call returns a promise.
   */
  readonly offers?: O & Offers<ModuleContext<S, I, T>>;
}

declare const INPUT: unique symbol;

/** A module of {@link defineModule}; its instance has what `state` has made, and what it offers. */
export type DefinedModule<Input, T, O = unknown> = ModuleClass<{ readonly state: T } & Offered<O>> & {
  readonly [INPUT]: Input;
};

/**
 * The settings of a module that is a class, checked by its schema: `@inject(SETTINGS) settings: Settings<typeof schema>`.
 * With that type, the compiler holds what `kernel.load` is given against the schema too.
 */
export type Settings<S extends StandardSchemaV1> = StandardSchemaV1.InferOutput<S> & {
  readonly [INPUT]?: StandardSchemaV1.InferInput<S>;
};

/** What the settings that a class injects are made of; never, where it does not say. */
type InputOfClass<M> = M extends abstract new (...args: infer P) => unknown ? InputOfAny<P[number]> : never;
type InputOfAny<P> = P extends object
  ? typeof INPUT extends keyof P
    ? Exclude<P[typeof INPUT], undefined>
    : never
  : never;

/** What `kernel.load` takes after the module: settings by its schema, where the type knows that. */
export type LoadArguments<M, Options> = M extends { readonly [INPUT]: infer S }
  ? GivenArguments<S, Options>
  : [InputOfClass<M>] extends [never]
    ? [settings?: unknown, options?: Options]
    : GivenArguments<InputOfClass<M>, Options>;

type GivenArguments<S, Options> = undefined extends S
  ? [settings?: undefined, options?: Options]
  : object extends S
    ? [settings?: S, options?: Options]
    : [settings: S, options?: Options];

/** Names that `inject` cannot give. */
type Reserved = { readonly [K in keyof BaseContext<unknown, unknown>]?: never };

const LIFECYCLE = ['start', 'quiesce', 'reconfigure', 'changes', 'handover', 'takeover', 'stop'] as const;
/** Members of instances, and what the loader calls: not to be offered. */
const TAKEN: readonly string[] = [...LIFECYCLE, 'constructor', 'state', 'context', 'reconfigured'];

/**
 * Makes a module without a class and without decorators: in plain JavaScript, in TypeScript that Node runs as it is, and
 * beside standard decorators. Types are inferred; write `inject` and `state` before what uses them.
 *
 * @returns what `kernel.load` takes, and other modules name in `depends` or `inject`
 */
export function defineModule<
  const I extends Readonly<Record<string, Injectable>> & Reserved = Record<never, never>,
  S extends StandardSchemaV1 | undefined = undefined,
  T = undefined,
  O = unknown,
>(parts: ModuleParts<S, I, T, O>): DefinedModule<InputOf<S>, T, O> {
  const { name, secrets, reload, follows, settings, on = {} } = parts;
  const injected = Object.entries<Injectable>(parts.inject ?? {});
  const tokens = injected.map(
    ([key, each]) => [key, each instanceof Optional ? each.reference : each] as const,
  );
  const modules = injected.flatMap(([, each]) => (isModuleReference(each) ? [each] : []));
  const depends = [...(parts.depends ?? []), ...modules];
  const cls = classOf(
    parts as AnyParts,
    tokens.map(([key]) => key),
    Object.entries(on) as AnyHandler[],
  );
  const offers = offer(cls, name, parts.offers ?? {});
  [Scope, Log, Clock, SETTINGS, ...tokens.map(([, token]) => token)].forEach((token, i) => {
    inject(token)(cls, undefined, i);
  });
  Module({
    name,
    depends,
    ...(settings !== undefined && { settings }),
    ...(secrets !== undefined && { secrets }),
    ...(reload !== undefined && { reload }),
    ...(follows !== undefined && { follows }),
    offers,
  })(cls as never);
  return cls as unknown as DefinedModule<InputOf<S>, T, O>;
}

/** Makes what is offered methods of the instances. @returns their names. @throws CarpetError EINVAL */
function offer(cls: Class, module: string, offers: object): string[] {
  for (const [method, given] of Object.entries(offers) as [string, AnyFunction][]) {
    if (typeof given !== 'function' || TAKEN.includes(method))
      throw new CarpetError(
        'EINVAL',
        `${module} cannot offer ${method}: offers: { book(context, entry) {} } names functions, other than ` +
          TAKEN.join(', '),
      );
    Object.defineProperty(cls.prototype, method, {
      value(this: { readonly context: object }, ...args: unknown[]) {
        return given(this.context, ...args);
      },
    });
  }
  return Object.keys(offers);
}

function isModuleReference(value: Injectable): value is ModuleClass | Optional<ModuleClass> {
  return isModuleClass(value instanceof Optional ? value.reference : value);
}

type AnyFunction = (context: object, ...args: unknown[]) => unknown;
type AnyParts = { readonly name: string; readonly state?: (context: object) => unknown } & Record<
  string,
  unknown
>;
type AnyHandler = [event: string, how: AnyFunction | { handler: AnyFunction; priority?: number }];

function classOf(parts: AnyParts, names: readonly string[], handlers: readonly AnyHandler[]): Class {
  class Defined {
    readonly state: unknown;
    readonly context: Record<string, unknown>;

    constructor(scope: Scope, log: Log, clock: Clock, settings: unknown, ...injected: unknown[]) {
      const own = Object.fromEntries(names.map((name, i) => [name, injected[i]]));
      this.context = { ...own, scope, log, clock, settings };
      this.state = parts.state?.(this.context);
      this.context['state'] = this.state;
    }

    /** The context has the new settings when they are in force. */
    async reconfigured(done: unknown, settings: unknown): Promise<void> {
      await done;
      this.context['settings'] = settings;
    }

    async start(): Promise<void> {
      await (parts['start'] as AnyFunction | undefined)?.(this.context);
      const scope = this.context['scope'] as Scope;
      for (const [event, how] of handlers) {
        const { handler, ...options } = typeof how === 'function' ? { handler: how } : how;
        const call = (...args: unknown[]): unknown => handler(this.context, ...args);
        scope.attach(event, { ...options, name: `${scope.name}.${event}`, handler: call });
      }
    }
  }
  for (const method of LIFECYCLE) {
    const given = parts[method] as AnyFunction | undefined;
    if (given === undefined || method === 'start') continue;
    Object.defineProperty(Defined.prototype, method, {
      value(this: Defined, ...args: unknown[]) {
        const result = given(this.context, ...args);
        return method === 'reconfigure' ? this.reconfigured(result, args[0]) : result;
      },
    });
  }
  // Errors and stacks show the module's own name.
  Object.defineProperty(Defined, 'name', { value: parts.name });
  return Defined;
}
