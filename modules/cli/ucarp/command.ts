/** `carpet ucarp`: a drop-in for ucarp(8). Its options have getopt_long(3)'s syntax, so commander stays out of it. */
import type { Cli } from '../cli.js';
import { parseOptions } from './options.js';
import { USAGE } from './usage.js';

/** What needs the network is loaded when the options are right: a mistake is answered at once. */
export async function run(args: readonly string[], cli: Cli): Promise<void> {
  const options = parseOptions(args);
  if (options === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  cli.debug ||= options.debug;
  if (options.daemonize) {
    const { startDaemon } = await import('../daemon/start.js');
    return startDaemon(cli.debug ? ['--debug', ...args] : args);
  }
  const { runUcarp } = await import('./run.js');
  await runUcarp({ ...options, debug: cli.debug }, { console: true });
}
