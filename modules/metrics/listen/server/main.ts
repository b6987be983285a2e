/** The server's thread; started by ScrapeThread only. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ScrapeServerOptions } from '../protocol.js';
import { ScrapeServer } from './server.js';

new ScrapeServer(workerData as ScrapeServerOptions, parentPort!);
