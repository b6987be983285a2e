/** For tests of modules: hosts on a virtual LAN and a virtual clock, waits, and what a module leaves behind. */
export { assertNothingLeft } from './leftovers.js';
export { type CarpPair, type CarpPairOptions, carpPair } from './pair.js';
export { type HostOptions, World, type WorldHost, type WorldOptions } from './world.js';
