/** Address conflict detection: other hosts that use the addresses of a MASTER are noticed, reported and answered. */
import './events.js';

export { AcdModule } from './module.js';
export type { AcdConflicts, AcdSettings } from './settings.js';
export type { AcdStatistics } from './statistics.js';
