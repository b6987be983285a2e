export { Callout, type CalloutInfo, type CalloutOwner } from './callout.js';
export { Clock, type LateReport } from './clock.js';
export { CalloutError } from './errors.js';
export type { EventTimer, EventTimerMaker } from './event-timer.js';
export { Slices } from './slices.js';
export { SystemClock } from './system-clock.js';
export { VirtualClock } from './virtual-clock.js';
