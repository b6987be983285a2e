/** Network interfaces: addresses as values, Ifnet, IP sockets, the table and its events. */
export * from './address.js';
export * from './errors.js';
export * from './events.js';
export {
  type AddAddressOptions,
  type AddressRenewal,
  type Claimant,
  Ifnet,
  type IfnetSnapshot,
} from './ifnet.js';
export * from './ip-socket.js';
export * from './link-socket.js';
export * from './lladdr.js';
export type { MacvlanMode, MacvlanOptions } from './macvlan.js';
export * from './module.js';
export type { Prefetched } from './prefetched.js';
export * from './routing.js';
export { HostSettings, type HostVariable, type IfnetSetting } from './setting.js';
export * from './state.js';
export * from './wire/index.js';
