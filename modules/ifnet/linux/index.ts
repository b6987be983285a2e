/** The Linux driver: load LinuxDriver, and IfnetModule has the machine's interfaces. */
export { LinuxDriver, type LinuxDriverSettings } from './driver.js';
// For other modules that talk to the kernel by themselves.
export { Libc, SystemError } from './libc.js';
export { MessageRing } from './message-ring.js';
export { type Netns, openNetns } from './netns.js';
export { Poller } from './poller.js';
