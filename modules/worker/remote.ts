import type { ModuleClass } from '../../core/index.js';

/**
 * A module as another one in a thread sees it: what it offers, with every result in a promise. For the type of an injected
 * parameter, `@inject(CarpModule) carp: Remote<CarpModule>`; of a module that `defineModule` has made, `Remote<typeof
 * ledger>`.
 */
export type Remote<T> = T extends ModuleClass<infer I> ? RemoteMethods<I> : RemoteMethods<T>;

type RemoteMethods<T> = {
  readonly [K in keyof T as T[K] extends (...args: never[]) => unknown ? K : never]: T[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};
