/**
 * @module
 * `carpet monitor`: shows records as they happen, as `udevadm monitor` shows uevents.
 */
import type { Command } from 'commander';
import type { Cli } from '../cli.js';

interface MonitorOptions {
  readonly json?: boolean;
  readonly coldplug?: boolean;
  readonly socket?: string | true;
}

/** Adds the options and the action. */
export function define(command: Command, cli: Cli): void {
  command
    .option('--json', 'print one JSON object a line')
    .option('--coldplug', 'begin with the interfaces that exist')
    .option(
      '--socket [path]',
      'read the records of the running devd, those of its modules too, instead of the kernel',
    )
    .action((options: MonitorOptions) => run(options, cli));
}

async function run({ json = false, coldplug = false, socket }: MonitorOptions, cli: Cli): Promise<void> {
  const { RecordPrinter } = await import('./printer.js');
  const printer = new RecordPrinter(json);
  if (socket === undefined) {
    const { monitorKernel } = await import('./kernel.js');
    await monitorKernel(printer, coldplug, cli);
  } else {
    const { monitorSocket } = await import('./socket.js');
    await monitorSocket(printer, socket === true ? '/var/run/devd.pipe' : socket);
  }
}
