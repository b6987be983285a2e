/**
 * ucarp(8) as a module: one vhid, its up and down scripts, its log lines.
 *
 * @module
 */
export { UcarpModule } from './module.js';
export type { UcarpSettings } from './settings.js';
