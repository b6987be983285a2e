/** Devices that come and go on Linux: load UeventModule, and devctl has their records. */
export { UeventModule, type UeventSettings } from './module.js';
