import { CarpetError } from '../../core/errors.js';

/**
 * A refused request about VRRP. Codes: ESETTINGS (an invalid setting), EEXIST (the interface has that virtual router
 * already), ENOENT (no such virtual router), EUNDO (a change of settings failed and could not be undone), EHANDOVER (a
 * predecessor's state does not fit).
 */
export class VrrpError extends CarpetError {}
