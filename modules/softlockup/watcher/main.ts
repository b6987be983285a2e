/** The thread that watches the kernel; started by WatchThread only. */

import { parentPort, workerData } from 'node:worker_threads';
import type { WatchData } from '../protocol.js';
import { Watch } from './watch.js';

new Watch(workerData as WatchData, (sighting) => parentPort?.postMessage(sighting)).run();
