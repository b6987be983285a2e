/**
 * @module
 * The only file that imports reflect-metadata and tsyringe, in this order: tsyringe refuses to be evaluated before
 * reflect-metadata is, whichever file happens to be imported first.
 *
 * Every constructor parameter of a module names its token with {@link inject}. What it names is also kept by class,
 * so that the loader can say "pager injects carp but does not depend on it" where tsyringe would silently build a
 * second carp.
 */
import 'reflect-metadata';
import {
  type DependencyContainer,
  type InjectionToken,
  injectable,
  container as rootContainer,
  inject as tsyringeInject,
} from 'tsyringe';

export type { DependencyContainer, InjectionToken };
export { injectable };

/** A class, by any constructor. */
// biome-ignore lint: a constructor type must accept any parameters
export type Class<T = object> = abstract new (...args: never[]) => T;

const TOKENS = Symbol('carpet: injected tokens');
type WithTokens = { [TOKENS]?: Map<number, InjectionToken> };

/** Names the token of a constructor's parameter: a class, abstract ones too, or one of the tokens that `carpet-kernel` exports. */
export function inject(named: InjectionToken | Class): ParameterDecorator {
  const token = named as InjectionToken;
  const decorate = tsyringeInject(token) as ParameterDecorator;
  return (target, key, index) => {
    const cls = target as WithTokens;
    if (!Object.hasOwn(cls, TOKENS)) Object.defineProperty(cls, TOKENS, { value: new Map() });
    cls[TOKENS]!.set(index, token);
    decorate(target, key, index);
  };
}

/**
 * Gives a class without a constructor of its own the tokens of the one it inherits: tsyringe looks at the class alone,
 * and would call that constructor without arguments.
 */
export function inheritTokens(cls: Class): void {
  if (cls.length > 0 || Object.hasOwn(cls, TOKENS)) return;
  const inherited = (cls as WithTokens)[TOKENS];
  for (const [index, token] of inherited ?? []) inject(token)(cls, undefined, index);
}

/** The tokens that a class injects, by the position of the parameter. */
export function injectedTokens(cls: Class): ReadonlyMap<number, InjectionToken> {
  return (Object.hasOwn(cls, TOKENS) ? (cls as WithTokens)[TOKENS] : undefined) ?? new Map();
}

/**
 * Has `token` stand for `value`. The one place that knows more than tsyringe's types: a token may be an abstract class,
 * or one whose constructor takes parameters.
 */
export function provide<T>(
  container: DependencyContainer,
  token: InjectionToken<T> | Class<T>,
  value: T,
): void {
  container.register(token as InjectionToken<T>, { useValue: value });
}

/** Has `token` stand for what `make` returns, which is called for each injection with the container that is asked. */
export function provideMade(
  container: DependencyContainer,
  token: InjectionToken | Class<unknown>,
  make: (asking: DependencyContainer) => unknown,
): void {
  container.register(token as InjectionToken, { useFactory: make });
}

/** @returns builds the class, whatever is provided for it, with what the container provides that is asked */
export function builder(
  container: DependencyContainer,
  cls: Class<unknown>,
): (asking: DependencyContainer) => unknown {
  const itself = Symbol(cls.name);
  container.register(itself, { useClass: cls as new () => unknown });
  return (asking) => asking.resolve(itself);
}

/** Has `token` stand for undefined. A later {@link provide} of the same token counts instead. */
export function provideNothing(container: DependencyContainer, token: Class): void {
  container.register(token as InjectionToken, { useFactory: () => undefined });
}

/**
 * Builds an instance of the class with what the container provides. Of what tsyringe builds itself it keeps the class for
 * ever: no version of a module that is reloaded could be collected.
 */
export function construct<T extends object>(container: DependencyContainer, cls: Class<T>): T {
  const tokens = injectedTokens(cls);
  const values = [...tokens].toSorted(([a], [b]) => a - b).map(([, token]) => container.resolve(token));
  return new (cls as new (...values: unknown[]) => T)(...values);
}

/** A container of its own for one kernel: nothing is ever registered in tsyringe's global one. */
export function createContainer(): DependencyContainer {
  return rootContainer.createChildContainer();
}
