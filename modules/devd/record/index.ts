export { type DevctlRecord, formatTimestamp, type ReadOptions, readRecord } from './reader.js';
