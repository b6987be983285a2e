export { Capture } from './capture.js';
export {
  type Advertisement,
  type Arp,
  type Frame,
  isAdvertisement,
  isGratuitous,
  parseFrame,
} from './frame.js';
export { type HostOptions, Laboratory, type Owner } from './laboratory.js';
export { command, Namespace } from './namespace.js';
export { type Exit, type OutputLine, Program, type ProgramOptions } from './program.js';
export { elapse, waitFor, wallTime } from './wait.js';
