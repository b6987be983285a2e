import { CarpetError } from '../errors.js';

/**
 * What the loader refuses, by code:
 * - `ENOENT` no such module is loaded, or the file to load is not there
 * - `EEXIST` loaded already, and settings were given again
 * - `EBUSY` in use, or vetoed; the message says by whom
 * - `ELOOP` modules depend on each other in a circle
 * - `EDEPEND` a dependency is missing, or something is injected that was not named in `depends`
 * - `ESETTINGS` the settings do not fit the module's schema; the message names the path
 * - `EMODULE` not a module
 * - `EOPNOTSUPP` the module cannot take settings while it runs
 * - `ECLOSED` the kernel is shutting down
 */
export class KldError extends CarpetError {
  override readonly name = 'KldError';
}
