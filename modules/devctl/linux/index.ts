/** Devices that come and go on Linux: load UeventModule, and devctl has their records. */
import './events.js';

export type { UsbDevice } from './events.js';
export { UeventModule, type UeventSettings } from './module.js';
