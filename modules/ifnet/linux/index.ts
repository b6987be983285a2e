/** The Linux driver: load LinuxDriver, and IfnetModule has the machine's interfaces. */
export { LinuxDriver, type LinuxDriverSettings, type MacvlanOptions } from './driver.js';
export type { MacvlanMode } from './netlink/link.js';

// For other modules that talk to the kernel by themselves.
export { Poller } from './poller.js';
