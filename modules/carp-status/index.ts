/**
 * The state of CARP across processes: a module that shows it on a Unix socket, and a reader that asks all of them.
 *
 * @module
 */
export { networkNamespace, type StatusDocument, type VhidStatus } from './document.js';
export { CarpStatusModule, type CarpStatusSettings } from './module.js';
export { readStatus, type StatusReading } from './reader.js';
