import type { Place } from '../place.js';
import { carp } from './carp.js';
import type { SimProtocol } from './protocol.js';
import { vrrp } from './vrrp.js';

/** The protocols that simulated hosts run, by the name of their module. */
export const PROTOCOLS: Readonly<Record<Place['protocol'], SimProtocol>> = { carp, vrrp };
