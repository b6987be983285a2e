import { KldError } from './errors.js';
import type { LinkerFile } from './linker-file.js';

/** What a loaded module offers to modules in other address spaces. */
export interface ModuleOffers {
  /** The methods that can be called. */
  readonly methods: readonly string[];
  /**
   * Calls one of them.
   * @throws KldError EOPNOTSUPP when it is not offered; else what the method throws
   */
  call(method: string, args: readonly unknown[]): Promise<unknown>;
}

/** @internal The offers of a loaded module: none, unless its `@Module` names some. */
export function offersOf({ name, definition, instance }: LinkerFile): ModuleOffers {
  const methods = definition.offers ?? [];
  const members = instance as unknown as Record<string, (...args: unknown[]) => unknown>;
  return {
    methods,
    async call(method, args) {
      if (methods.includes(method)) return members[method]!(...args);
      throw notOffered(name, method, methods);
    },
  };
}

/** What both ends of a call say when the method is not offered. */
export function notOffered(module: string, method: string, methods: readonly string[]): KldError {
  const offered = methods.length === 0 ? 'nothing' : methods.join(', ');
  return new KldError(
    'EOPNOTSUPP',
    `${module} does not offer ${method} to modules in other address spaces; it offers ${offered}`,
    { module },
  );
}
