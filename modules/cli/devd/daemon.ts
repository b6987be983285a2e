import type { DaemonContext } from '../command-entry.js';
import { daemonLog } from './log.js';
import type { DevdRunOptions } from './options.js';
import { runDevd } from './run.js';

/** `carpet devd` in the background. @param args the options as JSON */
export async function serve([json]: readonly string[], daemon: DaemonContext): Promise<void> {
  const options = JSON.parse(json!) as DevdRunOptions;
  process.chdir('/');
  process.title = `carpet devd -f ${options.config}`;
  await runDevd(options, { log: daemonLog(options), ...daemon });
}
