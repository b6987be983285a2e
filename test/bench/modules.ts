/** What modules cost: in a worker (events, round trips, a stall). */
import type { Bench } from './bench.js';
import { workerFigures } from './modules/worker.js';

export const bench: Bench = async ({ quick, log }) => [...(await workerFigures(quick, log))];
