import { CarpetError } from '../../core/errors.js';

/**
 * A request about a shared address that is refused. Codes: EINVAL (an invalid request to demote), ESETTINGS (two have the
 * same link-layer address), EEXIST (another interface has the name of the virtual one), EBUSY (its number is taken by another
 * protocol or process), EHANDOVER (a predecessor's state does not fit the settings).
 */
export class VipError extends CarpetError {}
