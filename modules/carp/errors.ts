import { CarpetError } from '../../core/errors.js';

/**
 * A request that CARP refuses. Codes: ESETTINGS (an invalid setting), EEXIST (the interface has that vhid already, or
 * another interface has the name of its virtual one), ENOENT (no such vhid).
 */
export class CarpError extends CarpetError {}
