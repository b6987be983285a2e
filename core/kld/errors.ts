import { CarpetError, describe, isOf } from '../errors.js';

/**
 * What the loader refuses, by code:
 * - `ENOENT` no such module is loaded, or the file to load is not there
 * - `EEXIST` loaded already, and settings were given again
 * - `EBUSY` in use, or vetoed; the message names the user or the reason
 * - `ELOOP` modules depend on each other in a circle
 * - `EDEPEND` a dependency is missing, or something is injected that was not named in `depends`
 * - `ESETTINGS` the settings do not fit the module's schema; the message names the path
 * - `EMODULE` not a module
 * - `EIMPORT` the file is there, and importing it failed; the message says where
 * - `ESTART` its constructor or its `start` threw; `ESTOP` its `stop` did. What it threw is the cause; when that has a
 *   code of carpet's, the error has the same
 * - `EHANDOVER` its `handover` or its `takeover` threw, or the state is not JSON
 * - `ECLOSE` what it held could not be given back
 * - `ETIMEDOUT` it is not unloaded in the time that the caller gave
 * - `EOPNOTSUPP` the module cannot: take settings while it runs, be imported anew, be loaded twice, or offer that method
 * - `ECLOSED` the kernel is shutting down
 */
export class KldError extends CarpetError {
  override readonly name = 'KldError';
  /** The module that failed, where one did. */
  readonly module: string | undefined;

  constructor(
    code: string,
    message: string,
    { module, ...options }: ErrorOptions & { module?: string } = {},
  ) {
    super(code, message, options);
    this.module = module;
  }
}

/**
 * An error of a module's own code, with the module's name: an application with ten modules learns which one failed.
 *
 * @param step what it was doing: `start`
 * @param code for errors that have none of carpet's
 */
export function moduleFailure(module: string, step: string, code: string, cause: unknown): KldError {
  if (isOf(cause, KldError) && cause.module !== undefined) return cause;
  const text = describe(cause);
  const prefix = text.startsWith(`${module}: `) || text.startsWith(`${module}/`) ? '' : `${module}: `;
  const known = isOf(cause, CarpetError);
  return new KldError(known ? cause.code : code, `${prefix}${known ? '' : `${step} failed: `}${text}`, {
    cause,
    module,
  });
}
