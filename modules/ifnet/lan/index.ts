/** A virtual Ethernet segment for several kernels of one process: `Lan`, and the driver that gives a kernel an interface on it. */
export {
  LanDriver,
  type LanDriverSettings,
  type LanInterfaceOptions,
  type LanMacvlanOptions,
} from './driver.js';
export { LanIfnet } from './ifnet.js';
export type { Impairment } from './impairment.js';
export { Lan, type LanCapture, type LanOptions } from './lan.js';
export type { Neighbour } from './neighbours.js';
export type { LanPort, LanStation } from './port.js';
