export type { DevctlEvents } from './events.js';
export { DEVCTL_MAXBUF, DevctlModule } from './module.js';
export type { DevEventInfo } from './queue.js';
export { type DevctlData, type DevctlValue, devctlSafeQuote, formatVariables } from './quote.js';
export type { DevctlReader, ReadRecords } from './reader.js';
export { type DevctlDevice, deviceRecord, nomatchRecord, notifyRecord } from './record.js';
