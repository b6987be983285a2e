/** The thread of one module; started by Thread only. */

import { workerData } from 'node:worker_threads';
import { standBack } from '../../libc/index.js';
import { failureOf } from '../failure.js';
import type { ThreadData } from '../protocol.js';
import { Channel } from './channel.js';
import { closeOtherWays, printTo, spareProcess } from './guard.js';
import { Outside } from './outside.js';
import { Resident } from './resident.js';

const { port, nice, ...data } = workerData as ThreadData;
const exit = process.exit.bind(process);
const channel: Channel = new Channel(
  port,
  (message) => resident.receive(message),
  () => resident.done(),
);
const outside = new Outside(channel);
const resident: Resident = new Resident(data, outside, channel);

standBack(nice);
spareProcess();
closeOtherWays();
printTo((message) => outside.log({ level: 'info', time: 0, module: data.module ?? 'worker', message }));
process.on('uncaughtException', (error) => {
  channel.sendLast({ type: 'uncaught', error: failureOf(error) });
  exit(1);
});
// Its first word: from now on it answers.
channel.reply({ type: 'pong' });
