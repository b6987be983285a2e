export { MountsModule, type MountsSettings } from './module.js';
export type { MountPoint } from './mountinfo.js';
