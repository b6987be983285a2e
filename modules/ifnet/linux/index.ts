/** The Linux driver: load LinuxDriver, and IfnetModule has the machine's interfaces. */
export { LinuxDriver, type LinuxDriverSettings } from './driver.js';
