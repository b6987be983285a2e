import { CarpetError } from '../../core/index.js';

/** A capture that cannot be read: not one, damaged, or of a kind that is not known here. Code ECAPTURE. */
export class CaptureError extends CarpetError {
  constructor(message: string) {
    super('ECAPTURE', message);
  }
}
