import './events.js';

export { VM_LOW_KMEM, VM_LOW_PAGES } from './events.js';
export { HostModule, type HostSettings } from './module.js';
export { type MountPoint, MountsModule, type MountsSettings } from './mounts/index.js';
export { makeOwnFolder } from './own-folder.js';
export type { Process, ProcessStatus } from './process-table.js';
export { ProcessesModule, type ProcessesSettings } from './processes/index.js';
export { type FileText, fileErrorReason, readRegularFile } from './regular-file.js';
export { type AcpiSleepState, SleepModule, type SleepSettings } from './sleep/index.js';
export { StateFolder } from './state-folder.js';
