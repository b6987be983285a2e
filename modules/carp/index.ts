/** CARP: `CarpModule`, the vhids it makes, their settings, states and events. */

export { type Holder as CarpVhidHolder, type VhidClash, vhidClashes } from './configure/clashes.js';
export type { CarpModuleSettings } from './configure/module-settings.js';
export type { CarpDialect } from './election/election.js';
export { CarpError } from './errors.js';
export type { CarpReason, CarpState, CarpStateChange } from './events.js';
export { CARP_PRI_NOTIFY, CarpModule } from './module.js';
export {
  type CarpSettings,
  type CarpVhidChanges,
  type CarpVhidOptions,
  checkVhidOptions,
} from './settings.js';
export type { CarpCounterName, CarpStatistics } from './statistics.js';
export type { CarpVhidStatus } from './status.js';
export { CarpVhid } from './vhid.js';
export { virtualLladdr } from './wire/virtual-lladdr.js';
