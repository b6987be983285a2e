/** The Linux driver. */
export { LinuxDriver, type LinuxDriverSettings } from './driver.js';
