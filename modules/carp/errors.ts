import { CarpetError } from '../../core/errors.js';

/**
 * What CARP refuses. Codes: ESETTINGS (a setting that cannot be), EEXIST (the vhid is taken on that interface, or the
 * name of its virtual one is), ENOENT (no such vhid).
 */
export class CarpError extends CarpetError {}
