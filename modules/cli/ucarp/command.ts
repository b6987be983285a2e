/**
 * @module
 * `carpet ucarp`: a drop-in for ucarp(8). Its options have the syntax of getopt_long(3), so commander does not parse them.
 */
import type { Cli } from '../cli.js';
import { UCARP_OPTIONS } from '../ucarp-options.js';
import { parseOptions } from './options.js';
import { USAGE } from './usage.js';

export const optionNames: readonly string[] = UCARP_OPTIONS.map(({ long }) => `--${long}`);

/** Runs ucarp, here or in the background. Loads the network once the options are right: a mistake is answered at once. */
export async function run(args: readonly string[], cli: Cli): Promise<void> {
  const options = parseOptions(args);
  if (options === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  cli.debug ||= options.debug;
  if (options.daemonize) {
    const { startDaemon } = await import('../daemon/start.js');
    return startDaemon({ command: 'ucarp', args: cli.debug ? ['--debug', ...args] : args }, cli.signals);
  }
  const { runUcarp } = await import('./run.js');
  await runUcarp({ ...options, debug: cli.debug }, { console: true, signals: cli.signals });
}
