/** The process that --daemonize leaves in the background; started by daemon.ts only. */
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { DaemonOrder, DaemonReply } from '../daemon/start.js';
import { describe, exitStatus } from '../failure.js';
import { parseOptions, type UcarpOptions } from './options.js';
import { runUcarp } from './run.js';

const [order] = (await once(process, 'message')) as [DaemonOrder];
try {
  const options = parseOptions(order.args) as UcarpOptions; // not 'help': the foreground has looked
  const { upscript, downscript } = options.settings;
  const scripts = { ...absolute('upscript', upscript), ...absolute('downscript', downscript) };
  const inRoot = { ...options, settings: { ...options.settings, ...scripts } };
  process.chdir('/'); // a daemon keeps no file system from being unmounted
  await runUcarp(inRoot, { console: false, started: () => answer({ started: true }) });
} catch (error) {
  answer({ failure: describe(error), status: exitStatus(error) });
  process.exit(exitStatus(error));
}

/** Scripts are named as seen from where the command was typed. */
function absolute(name: 'upscript' | 'downscript', file: string | undefined): object {
  return file === undefined ? {} : { [name]: resolve(file) };
}

function answer(reply: DaemonReply): void {
  if (!process.connected) return;
  process.send!(reply);
  if ('started' in reply) process.disconnect();
}
