/** The server's thread; started by ServerThread only. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ServerOptions } from '../protocol.js';
import { ControlServer } from './server.js';

new ControlServer(workerData as ServerOptions, parentPort!);
