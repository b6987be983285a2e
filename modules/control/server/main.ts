/** The server's thread; started by ServerThread only. */
import { parentPort, workerData } from 'node:worker_threads';
import { standBack } from '../../libc/index.js';
import type { ServerOptions } from '../protocol.js';
import { ControlServer } from './server.js';

/** Whoever asks ten thousand times a second takes the time that is left. */
const NICE = 5;

standBack(NICE);
new ControlServer(workerData as ServerOptions, parentPort!);
