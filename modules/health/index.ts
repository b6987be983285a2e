/** Health checks: while one is not up, it demotes or stops vhids of CARP and virtual routers of VRRP. */
import './events.js';

export { HealthError } from './errors.js';
export type { HealthKinds, Probe } from './kinds/registry.js';
export { HealthModule } from './module.js';
export type { CheckSettings, HealthConfig, HealthSettings } from './settings.js';
export type { HealthStatus, HealthVerdict } from './status.js';
