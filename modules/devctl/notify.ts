import type { DevctlData } from './quote.js';

/** devctl_notify, as the feeders are given it. */
export type Notify = (system: string, subsystem: string, type: string, data?: DevctlData) => void;
