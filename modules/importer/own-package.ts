/**
 * @module
 * A module that lies in a folder of the administrator's finds the carpet that runs, although none is installed there. One
 * that is installed there counts first, as always in Node.
 */

const OWN = /^carpet-kernel(?:\/|$)/;

/** What Node's hooks get; the types of the synchronous ones are not those of Node 20. */
interface ResolveContext {
  readonly parentURL?: string | undefined;
}

/** How to resolve where Node finds no package: from here, where the package knows itself by its name. */
export function ownContext<C extends ResolveContext>(
  specifier: string,
  context: C,
  error: unknown,
): C | undefined {
  const missing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
  return missing && OWN.test(specifier) ? { ...context, parentURL: import.meta.url } : undefined;
}

/** Where it is, for the require of a CommonJS file that has found no package; Node looks for those beside the file alone. */
export function ownRequired(specifier: string, error: unknown): string | undefined {
  const missing = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
  return missing && OWN.test(specifier) ? import.meta.resolve(specifier) : undefined;
}

/** Whether an import failed for that. */
export function lacksOwnPackage(error: unknown): boolean {
  if (!(error instanceof Error) || !error.message.includes("package 'carpet-kernel'")) return false;
  return (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
}
