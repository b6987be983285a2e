import {
  builder,
  type Class,
  type DependencyContainer,
  type InjectionToken,
  provide,
  provideMade,
} from './di.js';
import { CarpetError } from './errors.js';
import { isModuleClass } from './kld/module.js';

/** What stands for a value where it is injected: a class, a text, or what {@link token} has made. */
export type Token<T = unknown> = InjectionToken<T> | Class<T>;

/**
 * How long what a provider makes is kept: made anew for each parameter, kept for each module (an instance of one has its
 * own), or kept for the whole kernel.
 */
export type Lifetime = 'transient' | 'module' | 'kernel';

/** What is injected for a token. */
export type Provision<T = unknown> =
  | { readonly useValue: T }
  | { readonly useToken: Token<T> }
  | {
      /**
       * Built with what it injects itself: the providers' values, the kernel's own and, unless it is kept for the kernel, the
       * `Scope` and the `Log` of the module that injects it.
       */
      readonly useClass: Class<T>;
      /** Default `transient`. */
      readonly lifetime?: Lifetime;
    }
  | {
      /** @param get what is injected for another token */
      readonly useFactory: (get: <V>(token: Token<V>) => V) => T;
      /** Default `transient`. */
      readonly lifetime?: Lifetime;
    };

/** What {@link KernelOptions.provide} takes: a token and what is injected for it. */
export type Provider = { readonly token: Token } & Provision;

/** A token for values of type `T`. The name is for messages: two tokens of one name are two tokens. */
export function token<T>(name: string): InjectionToken<T> {
  return Symbol(name);
}

/** A provider whose value the compiler holds against its token's type. */
export function provider<T>(token: Token<T>, provision: Provision<T>): Provider {
  return { token, ...provision };
}

/**
 * Has a kernel's container provide what its user wants. Of two providers of one token the later one counts.
 * @throws CarpetError EINVAL for what is no provider
 */
export function addProviders(container: DependencyContainer, providers: readonly Provider[]): void {
  const underway: Token[] = [];
  for (const each of providers) {
    assertProvider(each);
    if ('useValue' in each) provide(container, each.token, each.useValue);
    else {
      const make = kept(each, makerOf(each, container), container);
      provideMade(container, each.token, noCircle(each.token, make, underway));
    }
  }
}

type Maker = (container: DependencyContainer) => unknown;

/** A provider that needs itself, over however many others, would go round until the stack is full. */
function noCircle(token: Token, make: Maker, underway: Token[]): Maker {
  return (asking) => {
    if (underway.includes(token)) {
      const circle = [...underway.slice(underway.indexOf(token)), token].map(nameOf).join(', ');
      throw new CarpetError('ELOOP', `provide: ${nameOf(token)} needs itself: ${circle}`);
    }
    underway.push(token);
    try {
      return make(asking);
    } finally {
      underway.pop();
    }
  };
}

function makerOf(provision: Exclude<Provision, { useValue: unknown }>, kernel: DependencyContainer): Maker {
  const resolve = (from: DependencyContainer, token: Token): unknown => from.resolve(token as InjectionToken);
  if ('useToken' in provision) return (from) => resolve(from, provision.useToken);
  if ('useClass' in provision) return builder(kernel, provision.useClass);
  return (from) => provision.useFactory(((token) => resolve(from, token)) as <V>(token: Token<V>) => V);
}

/** Each module resolves in a container of its own. */
function kept(provision: Provision, make: Maker, kernel: DependencyContainer): Maker {
  const lifetime = 'lifetime' in provision ? provision.lifetime : 'transient';
  if (lifetime === undefined || lifetime === 'transient') return make;
  const made = new WeakMap<DependencyContainer, { readonly value: unknown }>();
  return (asking) => {
    const container = lifetime === 'kernel' ? kernel : asking;
    let entry = made.get(container);
    if (entry === undefined) made.set(container, (entry = { value: make(container) }));
    return entry.value;
  };
}

function nameOf(token: unknown): string {
  return typeof token === 'function' ? token.name : String(token);
}

const KINDS = ['useValue', 'useToken', 'useClass', 'useFactory'];
const LIFETIMES: readonly unknown[] = ['transient', 'module', 'kernel', undefined];

/** For callers without types. @throws CarpetError EINVAL */
function assertProvider(each: Provider): void {
  const refuse = (why: string): never => {
    throw new CarpetError('EINVAL', `provide: ${why}`);
  };
  const { token, lifetime } = (each ?? {}) as { token?: unknown; lifetime?: unknown };
  if (!['function', 'string', 'symbol'].includes(typeof token))
    refuse('a provider is { token, useValue } or with useClass, useFactory or useToken');
  const name = nameOf(token);
  if (isModuleClass(token))
    refuse(`${name} is a module: what is built in its place is named in override, [[${name}, Fake]]`);
  if (KINDS.filter((kind) => kind in each).length !== 1) refuse(`${name} needs one of ${KINDS.join(', ')}`);
  if (!LIFETIMES.includes(lifetime))
    refuse(`${name}: the lifetime is transient, module or kernel, not ${String(lifetime)}`);
}
