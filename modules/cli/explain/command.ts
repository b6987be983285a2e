/**
 * @module
 * `carpet explain FILE`: what each advertisement in a capture is, whether a host with a given password and addresses would
 * take it, and why not; then who was MASTER, and who should be.
 */
import type { Command } from 'commander';
import { InetPrefix } from '../../ifnet/index.js';
import type { Cli } from '../cli.js';
import { UsageError } from '../failure.js';
import { list, wholeNumber } from '../options.js';
import type { ExplainOptions } from './options.js';

/** Adds the options and the action. */
export function define(command: Command, cli: Cli): void {
  const collect = (text: string, before: readonly InetPrefix[]) => [...before, InetPrefix.parse(text)];
  command
    .argument(
      '[file]',
      'a capture of tcpdump or Wireshark: pcap or pcapng, also with gzip; - is standard input',
    )
    .option('-i, --interface <name>', 'listen to this interface instead, until SIGINT')
    .option(
      '-o, --passfile <file>',
      'file whose first line is the password; again: another that is heard',
      list,
      [],
    )
    .option('-a, --addr <address/length>', 'a shared address; may be repeated', collect, [])
    .option('-v, --vhid <n>', 'the vhid that they belong to (default: every one)', wholeNumber(1, 255))
    .option('--vrid <n>', 'the virtual router of VRRP that they belong to instead', wholeNumber(1, 255))
    .option('--json', 'print one JSON object for each packet of IP protocol 112')
    .action((file: string | undefined, options: ExplainOptions) => run(file, options, cli));
}

async function run(file: string | undefined, options: ExplainOptions, cli: Cli): Promise<void> {
  const ifname = options.interface;
  if ((file === undefined) === (ifname === undefined))
    throw new UsageError('give a capture file, or an interface with -i; see --help');
  const { explainFile, explainInterface } = await import('./run.js');
  if (ifname === undefined) await explainFile(file!, options);
  else await explainInterface(ifname, options, await cli.log());
}
