/**
 * A module's class as a module in a thread sees it: what it offers, with every result in a promise. For the type of an
 * injected parameter: `@inject(CarpModule) carp: Remote<CarpModule>`.
 */
export type Remote<T> = {
  readonly [K in keyof T as T[K] extends (...args: never[]) => unknown ? K : never]: T[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};
