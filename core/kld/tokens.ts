import type { InjectionToken } from '../di.js';
import type { Random } from '../random.js';

/** Injects the module's parsed settings. */
export const SETTINGS: InjectionToken = Symbol('carpet: settings');

/** Injects the kernel's source of randomness. */
export const RANDOM: InjectionToken<Random> = Symbol('carpet: random');
