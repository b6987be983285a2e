import { describe } from '../../core/errors.js';
import { ApplyError } from '../boot/plan/index.js';

/** The log line for settings that were read again in vain: what is in force now, and why. */
export function reloadFailure(why: unknown): string {
  const partly = why instanceof ApplyError && !why.restored;
  const outcome = partly ? 'not all settings are in force' : 'settings not changed';
  return `${outcome}: ${typeof why === 'string' ? why : describe(why)}`;
}
