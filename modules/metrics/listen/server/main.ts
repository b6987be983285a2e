/** The server's thread; started by ScrapeThread only. */
import { parentPort, workerData } from 'node:worker_threads';
import { standBack } from '../../../libc/index.js';
import type { ScrapeServerOptions } from '../protocol.js';
import { ScrapeServer } from './server.js';

/** A scrape can wait for the protocols. */
const NICE = 5;

standBack(NICE);
new ScrapeServer(workerData as ScrapeServerOptions, parentPort!);
