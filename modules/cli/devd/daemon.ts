/** The process that `carpet devd` leaves in the background; started by startDaemon only. */
import { once } from 'node:events';
import type { DaemonOrder, DaemonReply } from '../daemon/start.js';
import { describe, exitStatus } from '../failure.js';
import { daemonLog } from './log.js';
import type { DevdRunOptions } from './options.js';
import { runDevd } from './run.js';

const [order] = (await once(process, 'message')) as [DaemonOrder];
try {
  const options = JSON.parse(order.args[0]!) as DevdRunOptions;
  process.chdir('/');
  process.title = `carpet devd -f ${options.config}`;
  await runDevd(options, daemonLog(options));
  answer({ started: true });
} catch (error) {
  answer({ failure: describe(error), status: exitStatus(error) });
  process.exit(exitStatus(error));
}

function answer(reply: DaemonReply): void {
  if (!process.connected) return;
  process.send!(reply);
  if ('started' in reply) process.disconnect();
}
