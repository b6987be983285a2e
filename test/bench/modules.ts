/** What modules cost: in a worker (events, round trips, a stall), a reload, the watch of the kernel's thread. */
import type { Bench } from './bench.js';
import { reloadFigures } from './modules/reload.js';
import { softlockupFigures } from './modules/softlockup.js';
import { workerFigures } from './modules/worker.js';

export const rounds = 5;

export const bench: Bench = async ({ quick, log }) => [
  ...(await reloadFigures(quick)),
  ...(await softlockupFigures(quick)),
  ...(await workerFigures(quick, log)),
];
