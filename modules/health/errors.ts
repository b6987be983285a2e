import { CarpetError } from '../../core/index.js';

/** Codes: EEXIST for a kind that is there already, EINVAL, ENOENT for a check that is not there. */
export class HealthError extends CarpetError {
  override readonly name = 'HealthError';
}
