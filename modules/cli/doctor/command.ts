/**
 * @module
 * `carpet doctor`: what keeps CARP from working on this host and its network, each fault with its remedy.
 */
import type { Command } from 'commander';
import { InetPrefix } from '../../ifnet/index.js';
import type { Cli } from '../cli.js';
import { list, wholeNumber } from '../options.js';
import type { DoctorOptions } from './options.js';

/** Adds the options and the action. */
export function define(command: Command, cli: Cli): void {
  const collect = (text: string, before: readonly InetPrefix[]) => [...before, InetPrefix.parse(text)];
  command
    .option(
      '-i, --interface <name>',
      'examine this interface; may be repeated (default: those of the vhids)',
      list,
      [],
    )
    .option(
      '-f, --file <settings.yaml>',
      'the vhids of this settings file of carpet up, with their passwords',
    )
    .option('-v, --vhid <n>', 'a vhid that is to work on the interface', wholeNumber(1, 255))
    .option('-a, --addr <address/length>', 'its shared address; may be repeated', collect, [])
    .option(
      '-o, --passfile <file>',
      'file whose first line is its password; again: another that is heard',
      list,
      [],
    )
    .option(
      '--seconds <n>',
      'how long to listen, 1 to 300 (default: four advertisements)',
      wholeNumber(1, 300),
    )
    .option('--no-probes', 'send nothing')
    .option('--json', 'print JSON')
    .option(
      '--socket <path>',
      'the kernel to ask for its vhids (default: $CARPET_SOCKET, or /run/carpet/control.sock)',
    )
    .action(async (options: DoctorOptions) => {
      const { runDoctor } = await import('./run.js');
      process.exitCode = await runDoctor(options, await cli.log());
    });
}
