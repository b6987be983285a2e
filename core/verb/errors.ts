import { CarpetError } from '../errors.js';

/** Why a verb was not carried out, as far as that is the caller's affair. */
export type VerbErrorCode = 'ENOENT' | 'EEXIST' | 'EINVAL';

/**
 * What {@link Verbs} refuses, by code:
 * - `ENOENT` no such verb
 * - `EEXIST` the name is taken
 * - `EINVAL` the input does not fit the verb's schema, or the name is no verb's name
 */
export class VerbError extends CarpetError {
  override readonly name = 'VerbError';

  constructor(code: VerbErrorCode, message: string) {
    super(code, message);
  }
}
